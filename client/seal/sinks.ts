/** Where the seal worker writes. Worker only: sync access handles exist nowhere else. */
import { folder } from '../lib/files';
import type { Medium, Store } from '../lib/store';

export interface Sink {
  readonly size: number;
  /** Appends, or overwrites from `at`. Durable only after `flush`. */
  write(at: number, bytes: Uint8Array): void;
  flush(): Promise<void>;
  /** Drops what lies behind `size`. */
  truncate(size: number): Promise<void>;
  read(from: number, length: number): Promise<Uint8Array>;
  close(): void;
}

/** In workers only, and so missing from the DOM's types, under which the tests are checked. */
interface SyncAccess {
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  read(into: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  flush(): void;
  truncate(size: number): void;
  getSize(): number;
  close(): void;
}

async function access(name: string): Promise<SyncAccess> {
  const file = await (await folder()).getFileHandle(name, { create: true });
  return await (
    file as unknown as { createSyncAccessHandle(): Promise<SyncAccess> }
  ).createSyncAccessHandle();
}

let medium: Promise<Medium> | undefined;

/** Tried, not sniffed: WebKitGTK has the function and refuses the call. */
export function bestMedium(): Promise<Medium> {
  medium ??= (async () => {
    const name = `probe-${crypto.randomUUID()}`;
    try {
      const handle = await access(name);
      handle.write(new Uint8Array(1), { at: 0 });
      handle.flush();
      handle.close();
      await (await folder()).removeEntry(name);
      return 'opfs';
    } catch {
      return 'idb';
    }
  })();
  return medium;
}

export async function openSink(store: Store, medium: Medium, name: string): Promise<Sink> {
  return medium === 'opfs' ? await openFile(name) : await openRecords(store, name);
}

async function openFile(name: string): Promise<Sink> {
  const handle = await access(name);
  return {
    get size() {
      return handle.getSize();
    },
    write(at, bytes) {
      // A short write without an error is how some engines say that the disk is full.
      if (handle.write(bytes as Uint8Array<ArrayBuffer>, { at }) !== bytes.length) {
        throw new DOMException('short write', 'QuotaExceededError');
      }
    },
    async flush() {
      handle.flush();
    },
    async truncate(size) {
      handle.truncate(size);
      handle.flush();
    },
    async read(from, length) {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, handle.read(bytes, { at: from }));
    },
    close: () => handle.close(),
  };
}

/** Records of the `bytes` store: one per flush, `at` where it begins. A record at 0 alone may be overwritten (tails). */
async function openRecords(store: Store, name: string): Promise<Sink> {
  const all = IDBKeyRange.bound([name, 0], [name, []]);
  let size = await store.read(['bytes'], async (tx) => {
    const last = await tx.objectStore('bytes').openCursor(all, 'prev');
    return last ? last.value.at + last.value.bytes.length : 0;
  });
  let waiting: { at: number; bytes: Uint8Array }[] = [];
  return {
    get size() {
      return Math.max(size, ...waiting.map(({ at, bytes }) => at + bytes.length));
    },
    write(at, bytes) {
      waiting.push({ at, bytes });
    },
    async flush() {
      const records = waiting;
      waiting = [];
      await store.write(['bytes'], async (tx) => {
        for (const { at, bytes } of records) await tx.objectStore('bytes').put({ file: name, at, bytes });
      });
      size = Math.max(size, ...records.map(({ at, bytes }) => at + bytes.length));
    },
    async truncate(to) {
      waiting = [];
      await store.write(['bytes'], async (tx) => {
        const bytes = tx.objectStore('bytes');
        for (const record of await bytes.getAll(all)) {
          const end = record.at + record.bytes.length;
          if (record.at >= to) await bytes.delete([name, record.at]);
          else if (end > to) await bytes.put({ ...record, bytes: record.bytes.slice(0, to - record.at) });
        }
      });
      size = Math.min(size, to);
    },
    async read(from, length) {
      return await store.read(['bytes'], async (tx) => {
        const out = new Uint8Array(Math.max(0, Math.min(length, size - from)));
        const first = await tx
          .objectStore('bytes')
          .openKeyCursor(IDBKeyRange.bound([name, 0], [name, from]), 'prev');
        if (!first || out.length === 0) return out;
        const records = await tx
          .objectStore('bytes')
          .getAll(IDBKeyRange.bound(first.key, [name, from + length], false, true));
        for (const { at, bytes } of records) {
          const piece = bytes.subarray(Math.max(0, from - at), Math.max(0, from + out.length - at));
          out.set(piece, Math.max(0, at - from));
        }
        return out;
      });
    },
    close() {},
  };
}
