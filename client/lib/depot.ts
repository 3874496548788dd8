/** Sealed storage on this phone: the contract's `Depot`. Works locked and offline; needs the pinned public keys only. */
import { utf8 } from './bytes';
import type { Depot, Entry, ItemView, MediaKind, Recording, Space } from './contracts';
import { fileName, removeSealed, sealedSize } from './files';
import { newId } from './ids';
import { askQuietly } from './lasting';
import { isFree } from './locks';
import { notify, onNotice } from './notices';
import { problemText } from './problems';
import { itemLock, PROBED } from './protocol';
import { OpenRecording } from './recording';
import { Recovery } from './recover';
import { type Sealer, withRoom } from './sealer';
import { Statements } from './statements';
import { type ItemRow, type Kept, newRow, type Store } from './store';

const GIB = 2 ** 30;
const PLENTY = PROBED * 0.9;
/** ms */
const PROBE_AGAIN = 5000;

/** The phone holds no public keys yet: nothing can be sealed before it is enrolled. */
export class NotEnrolled extends Error {
  override name = 'NotEnrolled';
}

/** An item that is still being recorded can't be removed. */
export class StillRecording extends Error {
  override name = 'StillRecording';
}

export class SealedDepot implements Depot {
  readonly #store: Store;
  readonly #sealer: Sealer;
  readonly #statements: Statements;
  #probing: Promise<number | null> | null = null;
  #probe: { free: number | null; usage: number; at: number } | null = null;

  constructor(store: Store, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
    this.#statements = new Statements(store);
  }

  async start(
    kind: MediaKind,
    about: { observation: string; mime: string; trial: boolean },
  ): Promise<Recording> {
    const { recipients, vault, origin } = await recipientsOf(this.#store);
    const item = newId();
    const { observation, trial } = about;
    const startedAt = Date.now();
    const { medium, head } = await this.#sealer.ask('start', { item, kind, recipients });
    const body = { size: 0, sha256: null };
    const row = newRow({
      id: item,
      kind,
      observation,
      trial,
      startedAt,
      state: 'recording',
      medium,
      origin,
      head,
      body,
      vault,
    });
    try {
      await withRoom(() => this.#store.write(['items'], (tx) => tx.objectStore('items').put(row)));
    } catch (error) {
      // A file without its row would come back as a recording that nobody made.
      await this.#sealer.ask('finish', { item });
      await removeSealed(this.#store, row);
      throw error;
    }
    // Beside the recording, never in its way.
    void askQuietly();
    notify('changed');
    notify('kick');
    return new OpenRecording(item, kind, this.#store, this.#sealer, this.#statements);
  }

  async entry(entry: Entry): Promise<void> {
    const { recipients, vault, origin } = await recipientsOf(this.#store);
    const plain = utf8(JSON.stringify(entry));
    const { bytes, head, body } = await this.#sealer.ask('seal', { recipients, plain }, [plain.buffer]);
    const { id, observation, trial, clock } = entry;
    const about = { id, kind: 'entry', observation, trial, startedAt: clock.wall } as const;
    const row = newRow({ ...about, state: 'sealed', medium: 'idb', origin, head, body, vault });
    await withRoom(() =>
      this.#store.write(['items', 'bytes'], async (tx) => {
        // Never over an entry that is there: it may have been committed to under other keys.
        await tx.objectStore('items').add(row);
        await tx.objectStore('bytes').add({ file: fileName(id, 'entry'), at: 0, bytes });
      }),
    );
    notify('changed');
    notify('kick');
  }

  async items(): Promise<ItemView[]> {
    const rows = (await this.#store.items()).sort((a, b) => a.startedAt - b.startedAt);
    return await Promise.all(
      rows.map(async (row) =>
        view(row, row.state === 'recording' ? await sealedSize(this.#store, row) : undefined),
      ),
    );
  }

  async recover(): Promise<ItemView[]> {
    return (await new Recovery(this.#store, this.#sealer, this.#statements).run()).map((row) => view(row));
  }

  async remove(id: string): Promise<void> {
    const row = await this.#store.item(id);
    if (!row) return;
    if (row.state === 'recording' && !(await isFree(itemLock(id))))
      throw new StillRecording('still recording');
    await this.#statements.add('temoin-deletion', { ids: [id], why: 'person' }, [id], async (tx) => {
      await tx.objectStore('items').delete(id);
    });
    await removeSealed(this.#store, row);
    notify('changed');
    notify('kick');
  }

  async space(): Promise<Space> {
    const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
    const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
    if (estimate?.quota === undefined || estimate.usage === undefined)
      return { free: null, plenty: false, persisted };
    const told = Math.max(0, estimate.quota - estimate.usage);
    if (told % GIB !== 0 || told === 0) return { free: told, plenty: false, persisted };
    // A round number is no measurement: Chromium says it of every phone, so that phones can't be told apart.
    const found = await this.#probed(estimate.usage);
    return { free: found, plenty: found !== null && found >= PLENTY, persisted };
  }

  /** Measured between recordings; while one runs, what has been used since then is taken off. */
  async #probed(usage: number): Promise<number | null> {
    const old = this.#probe;
    const { held = [] } = await navigator.locks.query();
    const recording = held.some(({ name }) => name?.startsWith(itemLock('')));
    if (!recording && (old === null || Date.now() - old.at >= PROBE_AGAIN)) {
      // One probe at a time: two screens that ask at once would find the file of the other in use.
      this.#probing ??= this.#sealer
        .ask('room', {})
        .catch(() => null)
        .finally(() => {
          this.#probing = null;
        });
      const free = await this.#probing;
      if (free !== null) this.#probe = { free, usage, at: Date.now() };
      return free;
    }
    return old?.free == null ? null : Math.max(0, old.free - Math.max(0, usage - old.usage));
  }

  watch(seen: () => void): () => void {
    return onNotice((notice) => {
      if (notice === 'changed') seen();
    });
  }
}

/** Everybody who shall open what is sealed now: intake, custody, and the vault if there is one. @throws NotEnrolled */
export async function recipientsOf(
  store: Store,
): Promise<{ recipients: string[]; vault: string | null; origin: string }> {
  const [device, vault] = await store.read(['kept'], async (tx) => {
    const kept = tx.objectStore('kept');
    return [
      (await kept.get('device')) as Kept['device'] | undefined,
      (await kept.get('vault')) as Kept['vault'] | undefined,
    ] as const;
  });
  if (!device) throw new NotEnrolled('this phone is not enrolled yet');
  const own = vault?.recipient ?? null;
  return {
    recipients: [...device.intakeRecipients, ...device.custody, ...(own ? [own] : [])],
    vault: own,
    origin: device.device,
  };
}

function view(row: ItemRow, size = row.head.size + row.body.size): ItemView {
  const { id, kind, observation, trial, startedAt, sent, state, cut } = row;
  return {
    id,
    kind,
    observation,
    trial,
    startedAt,
    size,
    sent,
    state,
    cut,
    problem: row.problem && problemText(row.problem),
  };
}
