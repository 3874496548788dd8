/**
 * What this phone remembers between pages: ids, sizes, times, states, statements, receipts, the device record, pins.
 * Content only as sealed bytes. Writes are durable when they resolve.
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb';
import type { Offset } from './clock';
import type { ItemState, Kind, ReleasePolicy, SendMode, VaultKind } from './contracts';

export interface Part {
  size: number;
  /** SHA-256, base64url. Null: not known yet (recording, or cut and still being read). */
  sha256: string | null;
}

/** Where sealed bytes lie: a file of the origin private file system, or records of the `bytes` store. */
export type Medium = 'opfs' | 'idb';

/** Why an item or all sending stands still. Turned into a sentence by outbox/problems.ts. */
export type ProblemCode = string;

/** A moment of this phone: wall clock, monotonic clock, and the page (`performance.timeOrigin`) that the latter counts from; ms. */
export interface HeldSince {
  wall: number;
  mono: number;
  page: number;
}

export interface ItemRow {
  id: string;
  kind: Kind;
  observation: string;
  trial: boolean;
  /** Device time, ms. */
  startedAt: number;
  state: ItemState;
  cut: boolean;
  medium: Medium;
  /** Device id of the enrolment that sealed it. Empty: not known, its row was lost with a database. */
  origin: string;
  /** Device id of the later enrolment that has said, signed, that it sends it from now on. */
  heldBy: string | null;
  head: { size: number; sha256: string };
  body: Part;
  /** Bytes that the server has, head included. */
  sent: number;
  /** Address of its tus upload, a path on our origin. */
  upload: string | null;
  /** Counter of the newest tail that the server has, 0 for none. */
  tail: number;
  /** Hash of the statement that commits to it. */
  commitment: string | null;
  /** The storage receipt as received, only after it was verified. */
  receipt: string | null;
  /** Server time of the receipt, ms, and its place in the server's log. */
  receivedAt: number | null;
  logIndex: number | null;
  /** Since when this phone has held it as received, by its own clocks. Missing in rows of older versions. */
  heldSince?: HeldSince | null;
  /** The vault's recipient if this phone may open it, else null. */
  vault: string | null;
  problem: ProblemCode | null;
}

type Begun =
  | 'id'
  | 'kind'
  | 'observation'
  | 'trial'
  | 'startedAt'
  | 'state'
  | 'medium'
  | 'origin'
  | 'head'
  | 'body'
  | 'vault';

/** A row of an item that nothing was sent of. */
export function newRow(begun: Pick<ItemRow, Begun>): ItemRow {
  const unsent = {
    heldBy: null,
    sent: 0,
    upload: null,
    tail: 0,
    commitment: null,
    receipt: null,
    receivedAt: null,
    logIndex: null,
  };
  return { cut: false, problem: null, ...unsent, ...begun };
}

export interface StatementRow {
  device: string;
  seq: number;
  typ: string;
  jws: string;
  /** SHA-256 of the bytes of `jws`, base64url. */
  hash: string;
  /** Items that it speaks of. */
  items: string[];
  state: 'waiting' | 'accepted' | 'refused';
  receipt: string | null;
  /** Times that the server could not read it. */
  tries?: number;
}

/** What the organisation sets for its phones. `rio_digits` may be missing: an answer of an older server. */
export interface AppLook {
  name: string;
  icon: string;
  rio_digits?: unknown;
}

export interface DeviceRow {
  device: string;
  token: string;
  server: string;
  /** Private signing key: not extractable where the browser has Ed25519, else its 32 bytes. */
  key: CryptoKey | Uint8Array;
  organisationKey: JsonWebKey;
  /** Signed lists as received; verified at every adoption. */
  pins: string;
  intake: string;
  custody: string[];
  intakeRecipients: string[];
  serverKey: JsonWebKey;
  practice: boolean;
  /** When the organisation and the server signed what is pinned, ms: older lists are never taken. */
  pinnedAt: number;
  intakeAt: number;
  app: AppLook;
  /** Null: works. Else the code of the refusal, `revoked` or `retired`. */
  ended: string | null;
  /** The last change of keys that was refused, or null. */
  warning: ProblemCode | null;
}

export interface VaultRow {
  kind: Exclude<VaultKind, 'none'>;
  recipient: string;
  /** The vault's identity, itself an age file under passphrase or passkey. */
  sealed: Uint8Array;
  /** The passkey's own address, as typage writes it. */
  passkey: string | null;
}

/** An enrolment under way: kept before it is sent, so that a phone that dies before the answer can ask again. */
export interface EnrollingRow {
  /** SHA-256 of the invitation's secret, base64url. The secret itself is not kept. */
  invitation: string;
  key: CryptoKey | Uint8Array;
  statement: string;
}

export interface ContactRow {
  /** Device time of the last answer, ms. */
  at: number;
  problem: ProblemCode | null;
}

/** Single values. */
export interface Kept {
  device: DeviceRow;
  offset: Offset;
  mode: SendMode;
  release: ReleasePolicy;
  contact: ContactRow;
  /** Size and chain value of the server's log as last heard. */
  seen: { size: number; hash: string };
  /** Id of the server that has said that backups are made. */
  backedUp: string;
  vault: VaultRow;
  enrolling: EnrollingRow;
  /** Device id of the enrolment before this one, until a handover statement names it. */
  former: string;
}

export interface Schema extends DBSchema {
  items: { key: string; value: ItemRow; indexes: { state: ItemState } };
  statements: {
    key: [device: string, seq: number];
    value: StatementRow;
    indexes: { state: StatementRow['state'] };
  };
  /** Sealed bytes: entries always, media where there are no sync access handles. `at` is the offset in the file. */
  bytes: { key: [file: string, at: number]; value: { file: string; at: number; bytes: Uint8Array } };
  kept: { key: string; value: Kept[keyof Kept] };
}
export type StoreName = 'items' | 'statements' | 'bytes' | 'kept';

/**
 * One step per version, from the version before it. Never edit a step that has been released: add one, and a
 * test that fills the older version and upgrades it.
 */
export type Step = (
  db: IDBPDatabase<Schema>,
  tx: IDBPTransaction<Schema, StoreName[], 'versionchange'>,
) => void | Promise<void>;
export const STEPS: readonly Step[] = [
  (db) => {
    // By state: what was released months ago is not read again with every part that is sent.
    db.createObjectStore('items', { keyPath: 'id' }).createIndex('state', 'state');
    db.createObjectStore('statements', { keyPath: ['device', 'seq'] }).createIndex('state', 'state');
    db.createObjectStore('bytes', { keyPath: ['file', 'at'] });
    db.createObjectStore('kept');
  },
  // Whose each item is: a phone that is enrolled again hands over what the enrolment before it sealed.
  async (_db, tx) => {
    const device = (await tx.objectStore('kept').get('device')) as DeviceRow | undefined;
    const items = tx.objectStore('items');
    for (const item of await items.getAll())
      await items.put({ ...item, origin: device?.device ?? '', heldBy: null });
  },
];

type Reading<N extends StoreName> = IDBPTransaction<Schema, N[], 'readonly'>;
export type Writing<N extends StoreName> = IDBPTransaction<Schema, N[], 'readwrite'>;

export class Store {
  readonly #name: string;
  readonly #steps: readonly Step[];
  #open: Promise<IDBPDatabase<Schema>> | undefined;

  constructor(name = 'temoin', steps = STEPS) {
    this.#name = name;
    this.#steps = steps;
  }

  /** `work` may run twice, so it must do nothing but requests of this transaction, all awaited. */
  async read<N extends StoreName, T>(stores: N[], work: (tx: Reading<N>) => Promise<T>): Promise<T> {
    return await this.#again(async (db) => {
      const tx = db.transaction(stores, 'readonly');
      const [value] = await Promise.all([work(tx), tx.done]);
      return value;
    });
  }

  /** Strict: on disk when it resolves. All or nothing. The same rule for `work` as in `read`. */
  async write<N extends StoreName, T>(stores: N[], work: (tx: Writing<N>) => Promise<T>): Promise<T> {
    return await this.#again(async (db) => {
      const tx = db.transaction(stores, 'readwrite', { durability: 'strict' });
      try {
        const [value] = await Promise.all([work(tx), tx.done]);
        return value;
      } catch (error) {
        try {
          tx.abort();
        } catch {
          // It is over already.
        }
        throw error;
      }
    });
  }

  async kept<K extends keyof Kept>(key: K): Promise<Kept[K] | undefined> {
    return (await this.read(['kept'], (tx) => tx.objectStore('kept').get(key))) as Kept[K] | undefined;
  }

  async keep<K extends keyof Kept>(key: K, value: Kept[K]): Promise<void> {
    await this.write(['kept'], (tx) => tx.objectStore('kept').put(value, key));
  }

  /** Changes one item if it is still there. @returns the row as it is now */
  async change(id: string, edit: (row: ItemRow) => Partial<ItemRow> | null): Promise<ItemRow | undefined> {
    return await this.write(['items'], async (tx) => {
      const items = tx.objectStore('items');
      const row = await items.get(id);
      const edits = row && edit(row);
      if (!row || !edits) return row;
      const next = { ...row, ...edits };
      await items.put(next);
      return next;
    });
  }

  items(): Promise<ItemRow[]> {
    return this.read(['items'], (tx) => tx.objectStore('items').getAll());
  }

  itemsIn(...states: ItemState[]): Promise<ItemRow[]> {
    return this.read(['items'], async (tx) => {
      const index = tx.objectStore('items').index('state');
      return (await Promise.all(states.map((state) => index.getAll(state)))).flat();
    });
  }

  item(id: string): Promise<ItemRow | undefined> {
    return this.read(['items'], (tx) => tx.objectStore('items').get(id));
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    (await open?.catch(() => undefined))?.close();
  }

  #database(): Promise<IDBPDatabase<Schema>> {
    if (!this.#open) {
      const opening: Promise<IDBPDatabase<Schema>> = openDB<Schema>(this.#name, this.#steps.length, {
        upgrade: async (db, from, _to, tx) => {
          for (const step of this.#steps.slice(from)) await step(db, tx as never);
        },
        // Another tab runs a newer version: let it upgrade. The next call here reopens, or fails by version.
        blocking: () => {
          void this.close();
        },
        // iOS closes databases under memory pressure.
        terminated: () => {
          if (this.#open === opening) this.#open = undefined;
        },
      });
      this.#open = opening;
      opening.catch(() => {
        if (this.#open === opening) this.#open = undefined;
      });
    }
    return this.#open;
  }

  async #again<T>(attempt: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    const db = await this.#database();
    try {
      return await attempt(db);
    } catch (error) {
      if (!closedUnderneath(error)) throw error;
      await this.close();
      return await attempt(await this.#database());
    }
  }
}

function closedUnderneath(error: unknown): boolean {
  if (!(error instanceof DOMException)) return false;
  // InvalidStateError: the connection is closing. UnknownError, AbortError: the database process went away.
  return ['InvalidStateError', 'UnknownError', 'AbortError'].includes(error.name);
}
