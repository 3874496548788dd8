/**
 * What is known of observations without opening anything: ids, times and counts. No code, site or text.
 *
 * The entry number is taken here, in one transaction, before the entry is sealed: after a crash a number may be
 * missing (an entry that was never sealed), but none is used twice, not even by two tabs.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

export interface Observation {
  id: string;
  startedAt: number;
  /** Device time of the last thing that joined it. */
  lastAt: number;
  /** Entries so far; the next entry's `seq`. */
  entries: number;
  /** Officers numbered so far. */
  officers: number;
  finished: boolean;
  trial: boolean;
}

interface Schema extends DBSchema {
  observations: { key: string; value: Observation };
}

export interface Store {
  all(): Promise<Observation[]>;
  add(observation: Observation): Promise<void>;
  /** Changes one observation in one transaction and gives it as it was before and is now. */
  change(
    id: string,
    change: (now: Observation) => Observation,
  ): Promise<{ before: Observation; after: Observation }>;
}

export class NoSuchObservation extends Error {}

/** Opens `name`. A connection that the browser closed (iOS does) is opened again at the next use. */
export async function openStore(name = 'observations'): Promise<Store> {
  let held: Promise<IDBPDatabase<Schema>> | null = null;
  const open = () => {
    held ??= openDB<Schema>(name, 1, {
      upgrade: (db) => {
        db.createObjectStore('observations', { keyPath: 'id' });
      },
      terminated: () => {
        held = null;
      },
      blocking: (_now, _next, event) => (event.target as IDBDatabase).close(),
    }).catch((error: unknown) => {
      held = null;
      throw error;
    });
    return held;
  };
  const again = async <T>(act: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> => {
    try {
      return await act(await open());
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      held = null;
      return act(await open());
    }
  };
  await open();
  return {
    all: () => again((db) => db.getAll('observations')),
    add: (observation) =>
      again(async (db) => {
        const tx = db.transaction('observations', 'readwrite', { durability: 'strict' });
        await Promise.all([tx.store.add(observation), tx.done]);
      }),
    change: (id, change) =>
      again(async (db) => {
        const tx = db.transaction('observations', 'readwrite', { durability: 'strict' });
        const before = await tx.store.get(id);
        if (!before) {
          tx.abort();
          await tx.done.catch(() => undefined);
          throw new NoSuchObservation(id);
        }
        const after = change(before);
        await Promise.all([tx.store.put(after), tx.done]);
        return { before, after };
      }),
  };
}
