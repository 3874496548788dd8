/** How this phone belongs to its organisation: the contract's `Enrolment`. */
import { ask, Refused, Unreachable } from './api';
import { sha256 } from './bytes';
import { better, measure, type Offset, readClock } from './clock';
import type { Clock, Enrolled, Enrolment } from './contracts';
import { changeDevice } from './device';
import { signJws } from './jws';
import { makeSigningKey } from './keys';
import { notify, onNotice } from './notices';
import { RefusedPins, readIntake, readPins, sameKey } from './pins';
import { problemText } from './problems';
import { statementRow } from './statements';
import type { AppLook, DeviceRow, EnrollingRow, Store, Writing } from './store';

/** Why a phone could not be enrolled, in words for people. */
export class NotRedeemed extends Error {
  override name = 'NotRedeemed';
}

interface EnrolAnswer {
  device: string;
  token: string;
  server: string;
  pins: string;
  organisation_key: JsonWebKey;
  intake: string;
  app: AppLook;
}

interface PinsAnswer {
  pins: string;
  intake: string;
  organisation_key: JsonWebKey;
  app: AppLook;
  time: number;
  retired: boolean;
}

type Moments = { sent: { wall: number; mono: number }; received: { wall: number; mono: number } };

export class PhoneEnrolment implements Enrolment {
  readonly #store: Store;
  #offset: Offset | null;

  private constructor(store: Store, offset: Offset | null) {
    this.#store = store;
    this.#offset = offset;
    // The sender measures too, in this tab or another.
    onNotice(async (notice) => {
      // A newer version in another tab may have taken the database along: then the last measurement stays.
      if (notice === 'changed')
        this.#offset = (await store.kept('offset').catch(() => undefined)) ?? this.#offset;
    });
  }

  static async open(store: Store): Promise<PhoneEnrolment> {
    return new PhoneEnrolment(store, (await store.kept('offset')) ?? null);
  }

  clock(): Clock {
    return readClock(this.#offset);
  }

  async current(): Promise<Enrolled | null> {
    const device = await this.#store.kept('device');
    return device ? enrolled(device) : null;
  }

  async redeem(given: string): Promise<Enrolled> {
    const secret = secretIn(given);
    if (secret === null) throw new NotRedeemed(problemText('invitation-unknown'));
    const { key, statement } = await this.#begun(await sha256(secret));
    let answer: EnrolAnswer;
    try {
      ({ answer } = await ask<EnrolAnswer>('/api/enrol', { body: { secret, statement } }));
    } catch (error) {
      if (error instanceof Refused) {
        await this.#store.write(['kept'], (tx) => tx.objectStore('kept').delete('enrolling'));
        throw new NotRedeemed(error.message || problemText(error.code), { cause: error });
      }
      if (error instanceof Unreachable) throw new NotRedeemed(problemText('unreachable'), { cause: error });
      throw error;
    }
    const device = await this.#adopt(answer, key);
    const first = {
      ...(await statementRow(device.device, 0, 'temoin-enrolment', statement, [])),
      state: 'accepted',
    } as const;
    await this.#store.write(['kept', 'items', 'statements'], async (tx) => {
      const kept = tx.objectStore('kept');
      const before = (await kept.get('device')) as DeviceRow | undefined;
      await tx.objectStore('statements').put(first);
      await kept.put(device, 'device');
      await kept.delete('seen');
      await kept.delete('enrolling');
      if (before) await takeOver(tx, before, device);
    });
    await this.#measureTime();
    notify('changed');
    notify('kick');
    return enrolled(device);
  }

  async refresh(): Promise<Enrolled | null> {
    const device = await this.#store.kept('device');
    if (!device) return null;
    try {
      const { answer, ...moments } = await ask<PinsAnswer>('/api/pins', { token: device.token });
      await this.heard(answer.time, moments);
      await this.#change(await this.#renewed(device, answer));
    } catch (error) {
      if (error instanceof Refused && error.status === 401) await this.#change({ ended: error.code });
      else if (error instanceof RefusedPins) await this.#change({ warning: error.code });
      else if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
    return await this.current();
  }

  /** Takes a clock measurement from any answer that carried the server's time. */
  async heard(server: number, { sent, received }: Moments): Promise<void> {
    if (typeof server !== 'number' || !Number.isFinite(server)) return;
    const fresh = measure(sent, received, server);
    const best = better(this.#offset, fresh);
    if (best === this.#offset) return;
    this.#offset = best;
    await this.#store.keep('offset', best);
  }

  /** First sight: nothing is pinned yet, so the answer must at least agree with itself. */
  async #adopt(answer: EnrolAnswer, key: DeviceRow['key']): Promise<DeviceRow> {
    const pins = await readPins(answer.pins, answer.organisation_key);
    if (pins.server !== answer.server) throw new RefusedPins('wrong-server');
    const intake = await readIntake(answer.intake, pins);
    return {
      ...{ device: answer.device, token: answer.token, server: answer.server, key },
      ...{ organisationKey: answer.organisation_key, pins: answer.pins, intake: answer.intake },
      ...{
        custody: pins.custody,
        intakeRecipients: intake.recipients,
        serverKey: pins.serverKey,
        practice: pins.practice,
      },
      ...{ pinnedAt: pins.at, intakeAt: intake.at, app: answer.app, ended: null, warning: null },
    };
  }

  /** What may be taken of a later answer. @throws RefusedPins, and then nothing is taken */
  async #renewed(device: DeviceRow, answer: PinsAnswer): Promise<Partial<DeviceRow>> {
    if (!sameKey(answer.organisation_key, device.organisationKey)) throw new RefusedPins('organisation-key');
    const pins = await readPins(answer.pins, device.organisationKey);
    if (pins.server !== device.server) throw new RefusedPins('wrong-server');
    const intake = await readIntake(answer.intake, pins);
    const ended = answer.retired ? 'retired' : null;
    // Lists that are older than ours are an old answer played again: kept out, without a word.
    const newPins = pins.at >= device.pinnedAt;
    const newIntake = newPins && intake.at >= device.intakeAt;
    return {
      ...{ app: answer.app, ended, warning: null },
      ...(newPins
        ? {
            pins: answer.pins,
            custody: pins.custody,
            serverKey: pins.serverKey,
            practice: pins.practice,
            pinnedAt: pins.at,
          }
        : {}),
      ...(newIntake
        ? { intake: answer.intake, intakeRecipients: intake.recipients, intakeAt: intake.at }
        : {}),
    };
  }

  /** Key and statement for an invitation: those of the last try, when its answer never came. */
  async #begun(invitation: string): Promise<EnrollingRow> {
    const before = await this.#store.kept('enrolling');
    if (before?.invitation === invitation) return before;
    const { key, jwk } = await makeSigningKey();
    const payload = {
      ...{ aud: null, dev: null, seq: 0, prev: null, clock: this.clock(), app: BUILD, seen: null },
      ...{ key: jwk, invitation },
    };
    const begun = { invitation, key, statement: await signJws('temoin-enrolment', 'new', payload, key) };
    // On disk before it is sent: the server takes an invitation once, and these words of it again for some minutes.
    await this.#store.keep('enrolling', begun);
    return begun;
  }

  async #measureTime(): Promise<void> {
    try {
      const { answer, ...moments } = await ask<{ time: number }>('/api/time');
      await this.heard(answer.time, moments);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
  }

  async #change(edits: Partial<DeviceRow>): Promise<void> {
    await changeDevice(this.#store, edits);
  }
}

/** Nothing lies here to send again: the bytes are gone, or were never there. */
const WITHOUT_BYTES = new Set<string | null>(['empty', 'missing', 'importing']);

/**
 * What an earlier enrolment of this phone left unsent goes out under the new one, which names the old (outbox/handover.ts).
 * Not to another organisation's server: it could open nothing of it, and should not learn that it exists.
 */
async function takeOver(
  tx: Writing<'kept' | 'items' | 'statements'>,
  before: DeviceRow,
  now: DeviceRow,
): Promise<void> {
  const same = before.server === now.server;
  for (const row of await tx.objectStore('items').getAll()) {
    if (row.state === 'released') continue;
    if (row.state === 'received') {
      // Another server's log says nothing of what this one has backed up: it stays until a person removes it.
      if (!same) await tx.objectStore('items').put({ ...row, logIndex: null });
      continue;
    }
    if (row.state === 'refused' && WITHOUT_BYTES.has(row.problem)) continue;
    const fresh = { ...row, sent: 0, upload: null, tail: 0, commitment: null };
    const going = row.state === 'recording' ? 'recording' : 'sealed';
    await tx
      .objectStore('items')
      .put(
        same || row.state === 'recording'
          ? { ...fresh, state: going, problem: null }
          : { ...fresh, state: 'refused', problem: 'other-server' },
      );
  }
  if (same) {
    await tx.objectStore('kept').put(before.device, 'former');
    return;
  }
  for (const row of await tx.objectStore('statements').index('state').getAll('waiting'))
    if (row.device !== now.device) await tx.objectStore('statements').put({ ...row, state: 'refused' });
}

/** A number that no pad could show is no setting: seven then. */
function digits(said: unknown): number {
  return typeof said === 'number' && Number.isInteger(said) && said >= 4 && said <= 12 ? said : 7;
}

function enrolled(device: DeviceRow): Enrolled {
  return {
    ...{
      device: device.device,
      appName: device.app.name,
      appIcon: device.app.icon,
      rioDigits: digits(device.app.rio_digits),
      practice: device.practice,
    },
    ...{ revoked: device.ended !== null, build: BUILD },
    ended: device.ended && problemText(device.ended),
    warning: device.warning && problemText(device.warning),
  };
}

/**
 * The secret in what a person typed, pasted or scanned: a whole link, its fragment, or the 10-character code in any
 * case, with spaces or hyphens, with O, I and L for 0 and 1. Null: none of these.
 */
export function secretIn(given: string): string | null {
  const long = /(?:^|[^A-Za-z0-9_-])([A-Za-z0-9_-]{43})$/.exec(given.trim())?.[1];
  if (long) return long;
  const code = given.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(code) ? code : null;
}
