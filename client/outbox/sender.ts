/** The one sender over all tabs. Needs no unlocking: it holds ciphertext, the token and the signing key, and no more. */
import { type Moments, Refused, Unreachable } from '../lib/api';
import { better, measure } from '../lib/clock';
import type { SendMode } from '../lib/contracts';
import { changeDevice } from '../lib/device';
import { newestTail, plainInBody, sealedSize, wholeChunks } from '../lib/files';
import { type Notice, notify, onNotice } from '../lib/notices';
import type { DeviceRow, ItemRow, Store } from '../lib/store';
import { commit, declare } from './declare';
import { sendPart, sendTail } from './deliver';
import { handOver } from './handover';
import { byTurn, type Candidate, isLive, type Job, nextJob } from './order';
import { Pace } from './pace';
import { askReceived, askWaiting, LOT, type Said } from './status';

/** What the sender asks again without being woken: backups move on, receipts come late. */
const ASK_AGAIN = 15 * 60_000;
/** A running recording grows without a word. */
const LOOK_AGAIN = 500;
const TAIL_AGE = 5000;
/** An item that fails on its own lets the others pass for this long. */
const STANDSTILL = 60_000;
/** Refusals that only say "later". */
const LATER = new Set(['disk-full', 'quota', 'too-many', 'offset', 'checksum', 'differs-from-commitment']);
/** Refusals that no second try will change. */
const NEVER = new Set(['too-large']);

export class Sender {
  readonly #store: Store;
  readonly #pace = new Pace();
  readonly #lastSent = new Map<string, number>();
  readonly #notBefore = new Map<string, number>();
  #pressed = false;
  /** A recording has ended that nothing was signed for yet. */
  #ended = false;
  #askedAt = 0;
  /** Items that the server has to speak of before more of them goes. */
  #doubted = new Set<string>();
  /** What the server said last, while it was not yet asked about what it has received. */
  #said: Said | null = null;
  #isReceivedDue = false;
  /** Nothing is tried before this moment; a press overrules it, a kick only a lost connection. Monotonic (`performance.now()`):
   *  a clock that is set back must not silence the phone. 0: no rest. */
  #restUntil = 0;
  #unreachable = false;
  #wake: () => void = () => undefined;
  #woken = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Sends until `stop`; for a page, which holds the lock as long as it lives. */
  async run(stop: AbortSignal): Promise<void> {
    const unlisten = onNotice((notice) => this.#heard(notice));
    stop.addEventListener('abort', () => this.#wake());
    try {
      while (!stop.aborted) {
        this.#woken = false;
        const busy = await this.#step();
        if (!busy && !this.#woken && !stop.aborted) await this.#rest();
      }
    } finally {
      unlisten();
    }
  }

  /** Sends what can be sent now, then returns; for the service worker. @throws Unreachable, Refused: come back later */
  async drain(): Promise<void> {
    while (await this.#round());
  }

  #heard(notice: Notice): void {
    if (notice !== 'kick' && notice !== 'pressed' && notice !== 'ended') return;
    if (notice === 'ended') this.#ended = true;
    if (notice === 'pressed') this.#pressed = true;
    if (notice === 'pressed' || (notice === 'kick' && this.#unreachable)) {
      this.#restUntil = 0;
      this.#notBefore.clear();
      this.#pace.forget();
    }
    this.#woken = true;
    this.#wake();
  }

  /** @returns whether there may be more to do at once */
  async #step(): Promise<boolean> {
    try {
      // Signing needs no line: at every stop, also at rest or where only a press sends.
      if (this.#ended) await this.#sign();
      if (performance.now() < this.#restUntil) return false;
      this.#restUntil = 0;
      const busy = await this.#round();
      if (!busy) this.#pressed = false;
      notify(busy ? 'sending' : 'resting');
      return busy;
    } catch (error) {
      await this.#failed(error);
      notify('resting');
      return false;
    }
  }

  async #sign(): Promise<void> {
    this.#ended = false;
    const device = await this.#store.kept('device');
    if (!device) return;
    if (device.ended === null) await handOver(this.#store, device);
    while (await commit(this.#store));
  }

  /** One request or one part. Statements before media, always. */
  async #round(): Promise<boolean> {
    const device = await this.#store.kept('device');
    if (!device) return false;
    // Nothing goes any more, but what this enrolment sealed it still signs for: only its own word attests it.
    if (device.ended !== null) return await commit(this.#store);
    if (!mayUseLine((await this.#store.kept('mode')) ?? 'always', this.#pressed)) return false;
    await handOver(this.#store, device);
    await commit(this.#store);
    const declared = await declare(this.#store, device);
    if (declared) {
      await this.#answered(declared);
      return true;
    }
    if (this.#isTimeToAsk()) await this.#doubt();
    const candidates = await this.#candidates();
    const job = nextJob(candidates, Date.now());
    // An entry goes as soon as the server has spoken of it; all else waits until everything was asked.
    const may = job?.row.kind === 'entry' && !this.#doubted.has(job.row.id);
    if (!may && (await this.#ask(device))) return true;
    if (!job) return false;
    await this.#do(device, job, candidates);
    return true;
  }

  async #doubt(): Promise<void> {
    this.#askedAt = Date.now();
    this.#doubted = new Set((await this.#waiting()).map(({ id }) => id));
    [this.#said, this.#isReceivedDue] = [null, true];
  }

  async #waiting(): Promise<ItemRow[]> {
    return await this.#store.itemsIn('recording', 'sealed', 'committed', 'sending');
  }

  async #lot(): Promise<ItemRow[]> {
    if (this.#doubted.size === 0) return [];
    const doubted = (await this.#waiting()).filter(({ id }) => this.#doubted.has(id));
    return doubted.sort(byTurn).slice(0, LOT);
  }

  /** One lot of what is in doubt, in the order of sending; at last what was received. @returns whether anything was asked */
  async #ask(device: DeviceRow): Promise<boolean> {
    const lot = await this.#lot();
    if (lot.length > 0) {
      this.#said = await askWaiting(this.#store, device, lot);
      for (const { id } of lot) this.#doubted.delete(id);
    } else if (this.#isReceivedDue) {
      this.#said = await askReceived(this.#store, device, this.#said);
      this.#isReceivedDue = false;
    } else return false;
    await this.#answered(this.#said.moments);
    return true;
  }

  async #do(device: DeviceRow, job: Job, candidates: Candidate[]): Promise<void> {
    const { row } = job;
    const sendable = candidates.find((one) => one.row.id === row.id)?.sendable ?? 0;
    const began = performance.now();
    try {
      const { bytes, unanswered } =
        job.do === 'tail'
          ? await sendTail(this.#store, device, row)
          : await sendPart(this.#store, device, row, sendable, this.#pace.part);
      this.#pace.sent(bytes, performance.now() - began);
      this.#lastSent.set(row.id, Date.now());
      // Asking again at once would be asking for ever.
      if (unanswered) this.#notBefore.set(row.id, Date.now() + STANDSTILL);
      await this.#answered(null);
    } catch (error) {
      if (!(await this.#itemFailed(row, error))) throw error;
    }
  }

  async #candidates(): Promise<Candidate[]> {
    const now = Date.now();
    for (const [id, moment] of this.#notBefore) if (moment <= now) this.#notBefore.delete(id);
    const found: Candidate[] = [];
    for (const row of await this.#store.itemsIn('recording', 'committed', 'sending')) {
      const live = isLive(row);
      const lastSent = this.#lastSent.get(row.id) ?? 0;
      const sendable = live
        ? wholeChunks(await sealedSize(this.#store, row), row.head.size)
        : row.head.size + row.body.size;
      const tailDue =
        (live || row.cut) && row.kind !== 'entry' && (await this.#isTailDue(row, live, now - lastSent));
      found.push({ row, sendable, lastSent, tailDue, notBefore: this.#notBefore.get(row.id) ?? 0 });
    }
    return found;
  }

  /** A cut item's last tail goes before its last byte. A running one's when its bytes have waited for five seconds. */
  async #isTailDue(row: ItemRow, live: boolean, pause: number): Promise<boolean> {
    if (live && (row.upload === null || pause < TAIL_AGE)) return false;
    const tail = await newestTail(this.#store, row);
    if (!tail || tail.counter <= row.tail) return false;
    if (live) return Date.now() - tail.since >= TAIL_AGE;
    return tail.offset + tail.length > plainInBody(row.body.size);
  }

  #isTimeToAsk(): boolean {
    // A clock set back must not silence the phone for a day.
    return Math.abs(Date.now() - this.#askedAt) >= ASK_AGAIN;
  }

  async #answered(moments: Moments | null): Promise<void> {
    this.#unreachable = false;
    this.#pace.answered();
    const contact = await this.#store.kept('contact');
    const now = Date.now();
    if (!contact || contact.problem !== null || Math.abs(now - contact.at) > 5000)
      await this.#store.keep('contact', { at: now, problem: null });
    if (moments) {
      const old = (await this.#store.kept('offset')) ?? null;
      const best = better(old, measure(moments.sent, moments.received, moments.time));
      if (best !== old) await this.#store.keep('offset', best);
    }
    notify('changed');
  }

  /** @returns true when only this item stands still and the others go on */
  async #itemFailed(row: ItemRow, error: unknown): Promise<boolean> {
    // After any failure the server's word counts, not ours: the next round asks.
    this.#askedAt = 0;
    if (
      error instanceof Unreachable ||
      (error instanceof Refused && (error.status === 401 || error.status >= 500 || LATER.has(error.code)))
    ) {
      if (error instanceof Refused && LATER.has(error.code))
        await this.#store.change(row.id, () => ({ problem: error.code }));
      return false;
    }
    const code = error instanceof Refused ? error.code : isMissing(error) ? 'missing' : 'unknown';
    // What we sealed is an age file: bytes that are none were damaged on the way, once. Twice is something else.
    const final = NEVER.has(code) || code === 'missing' || (code === 'not-age' && row.problem === code);
    await this.#store.change(row.id, () => ({
      problem: code,
      ...(final && !isLive(row) ? { state: 'refused' as const } : {}),
    }));
    this.#notBefore.set(row.id, Date.now() + STANDSTILL);
    notify('changed');
    return true;
  }

  async #failed(error: unknown): Promise<void> {
    this.#pace.failed();
    this.#askedAt = 0;
    this.#unreachable = error instanceof Unreachable;
    this.#restUntil = performance.now() + this.#pace.wait(error instanceof Refused ? error.after : null);
    if (error instanceof Refused && error.status === 401)
      await changeDevice(this.#store, { ended: error.code });
    const code =
      error instanceof Unreachable ? 'unreachable' : error instanceof Refused ? error.code : 'unknown';
    const at = (await this.#store.kept('contact'))?.at ?? 0;
    await this.#store.keep('contact', { at: error instanceof Refused ? Date.now() : at, problem: code });
    notify('changed');
  }

  async #rest(): Promise<void> {
    const live = (await this.#store.itemsIn('recording')).length > 0;
    // A timer may fire a little early: what is left of a rest is waited for, never mistaken for having nothing to do.
    const left = this.#restUntil > 0 ? Math.max(1, this.#restUntil - performance.now()) : null;
    const pause = left ?? (live ? LOOK_AGAIN : this.#notBefore.size > 0 ? STANDSTILL : ASK_AGAIN);
    await new Promise<void>((done) => {
      const timer = setTimeout(done, pause);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
      if (this.#woken) this.#wake();
    });
    this.#wake = () => undefined;
  }
}

/** `wifi` only where the browser can tell; where it can't, nothing goes by itself. */
export function mayUseLine(mode: SendMode, pressed: boolean): boolean {
  if (mode === 'always' || pressed) return true;
  const type = (navigator as { connection?: { type?: string } }).connection?.type;
  return mode === 'wifi' && (type === 'wifi' || type === 'ethernet');
}

const isMissing = (error: unknown) =>
  error instanceof Error && error.message.startsWith('sealed bytes are missing');
