/** What this phone has signed, in order: a chain without gaps over all tabs. */
import { sha256 } from './bytes';
import { readClock } from './clock';
import { signJws } from './jws';
import type { DeviceRow, Kept, StatementRow, Store, Writing } from './store';

export type StatementType = 'temoin-commitment' | 'temoin-prefix' | 'temoin-deletion' | 'temoin-handover';

const LOCK = 'temoin-statements';

export class Statements {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Signs the next statement and keeps it for sending, together with `also`, all or nothing.
   * Locked over tabs: two statements with one number would look like a copied phone.
   */
  async add(
    typ: StatementType,
    says: Record<string, unknown>,
    items: string[],
    also?: (tx: Writing<'items' | 'statements' | 'kept'>, statement: StatementRow) => Promise<void>,
  ): Promise<StatementRow> {
    return await navigator.locks.request(LOCK, async () => {
      const { device, offset, seen, last } = await this.#state();
      const payload = {
        ...{ aud: device.server, dev: device.device, seq: last.seq + 1, prev: last.hash },
        ...{ clock: readClock(offset ?? null), app: BUILD, seen: seen ?? null },
        ...says,
      };
      const jws = await signJws(typ, device.device, payload, device.key);
      const row = await statementRow(device.device, payload.seq, typ, jws, items);
      await this.#store.write(['items', 'statements', 'kept'], async (tx) => {
        await tx.objectStore('statements').add(row);
        await also?.(tx, row);
      });
      return row;
    });
  }

  /** Those that the server has not answered yet, oldest first; after our own those of the enrolments that we took over. */
  async waiting(): Promise<StatementRow[]> {
    const device = await this.#store.kept('device');
    const rows = await this.#store.read(['statements'], (tx) =>
      tx.objectStore('statements').index('state').getAll('waiting'),
    );
    const whose = (row: StatementRow) => (row.device === device?.device ? '' : row.device);
    return rows.sort((a, b) => (whose(a) < whose(b) ? -1 : whose(a) > whose(b) ? 1 : a.seq - b.seq));
  }

  /** Ids of all items that a person removed here. */
  async removed(): Promise<string[]> {
    const rows = await this.#store.read(['statements'], (tx) => tx.objectStore('statements').getAll());
    return rows.filter(({ typ }) => typ === 'temoin-deletion').flatMap(({ items }) => items);
  }

  async #state() {
    return await this.#store.read(['kept', 'statements'], async (tx) => {
      const kept = tx.objectStore('kept');
      const device = (await kept.get('device')) as DeviceRow | undefined;
      if (!device) throw new Error('only an enrolled phone signs statements');
      const offset = (await kept.get('offset')) as Kept['offset'] | undefined;
      const seen = (await kept.get('seen')) as Kept['seen'] | undefined;
      const own = IDBKeyRange.bound([device.device, 0], [device.device, Number.MAX_SAFE_INTEGER]);
      const last = (await tx.objectStore('statements').openCursor(own, 'prev'))?.value;
      // Number 0 is the enrolment, kept with the device: without it the chain would begin anew.
      if (!last) throw new Error('the first statement of this phone is missing');
      return { device, offset, seen, last };
    });
  }
}

export async function statementRow(
  device: string,
  seq: number,
  typ: string,
  jws: string,
  items: string[],
): Promise<StatementRow> {
  return { device, seq, typ, jws, hash: await sha256(jws), items, state: 'waiting', receipt: null };
}
