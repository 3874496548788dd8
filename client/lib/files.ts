/** Reading and removing sealed bytes, whichever medium holds them. Works beside a worker that is still writing. */

import { CHUNK, NONCE, SEALED_CHUNK } from './chunks';
import type { Kind } from './contracts';
import { parseSlot, type Slot } from './slot';
import type { ItemRow, Store } from './store';

export const FOLDER = 'sealed';

/** The kind stands in the name so that a file whose row was lost can be taken up again. */
export const fileName = (id: string, kind: Kind): string => `${id}.${kind}`;
export const tailName = (id: string, slot: 0 | 1): string => `${id}.tail${slot}`;

export async function folder(): Promise<FileSystemDirectoryHandle> {
  return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

type Place = Pick<ItemRow, 'id' | 'kind' | 'medium'>;

/** Bytes on disk now, head included. 0 where the file is missing. */
export async function sealedSize(store: Store, item: Place): Promise<number> {
  if (item.medium === 'opfs') return (await opfsFile(fileName(item.id, item.kind)))?.size ?? 0;
  const name = fileName(item.id, item.kind);
  return await store.read(['bytes'], async (tx) => {
    const last = await tx.objectStore('bytes').openCursor(IDBKeyRange.bound([name, 0], [name, []]), 'prev');
    return last ? last.value.at + last.value.bytes.length : 0;
  });
}

/** Bytes from..to of head and body together, as a Blob that is not read before it is sent. Ciphertext only. */
export async function sealedBlob(store: Store, item: Place, from: number, to: number): Promise<Blob> {
  const name = fileName(item.id, item.kind);
  if (item.medium === 'opfs') {
    const file = await opfsFile(name);
    if (!file || file.size < to) throw new Error('sealed bytes are missing on this phone');
    return file.slice(from, to);
  }
  const parts = await store.read(['bytes'], async (tx) => {
    const bytes = tx.objectStore('bytes');
    const first = await bytes.openKeyCursor(IDBKeyRange.bound([name, 0], [name, from]), 'prev');
    if (!first) return [];
    return await bytes.getAll(IDBKeyRange.bound(first.key, [name, to], false, true));
  });
  const cut = parts.map(({ at, bytes }) => bytes.slice(Math.max(0, from - at), Math.max(0, to - at)));
  if (cut.reduce((sum, part) => sum + part.length, 0) !== to - from)
    throw new Error('sealed bytes are missing on this phone');
  return new Blob(cut as Uint8Array<ArrayBuffer>[]);
}

export async function sealedBytes(store: Store, item: Place, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await (await sealedBlob(store, item, from, to)).arrayBuffer());
}

/** Sealed bytes that may be sent of a file of this size: whole chunks only, as a longer end may still be half written. */
export function wholeChunks(size: number, headSize: number): number {
  const body = size - headSize - NONCE;
  return body < 0 ? 0 : headSize + NONCE + Math.floor(body / SEALED_CHUNK) * SEALED_CHUNK;
}

/** Plaintext bytes in the whole chunks of a body. */
export function plainInBody(size: number): number {
  return Math.max(0, Math.floor((size - NONCE) / SEALED_CHUNK)) * CHUNK;
}

/** The newest tail that is whole, or null. */
export async function newestTail(store: Store, item: Place): Promise<(Slot & { slot: 0 | 1 }) | null> {
  let newest: (Slot & { slot: 0 | 1 }) | null = null;
  for (const slot of [0, 1] as const) {
    const bytes = await slotBytes(store, item, slot);
    const found = bytes && (await parseSlot(bytes));
    if (found && (!newest || found.counter > newest.counter)) newest = { ...found, slot };
  }
  return newest;
}

async function slotBytes(store: Store, item: Place, slot: 0 | 1): Promise<Uint8Array | null> {
  const name = tailName(item.id, slot);
  if (item.medium === 'opfs') {
    const file = await opfsFile(name);
    return file && new Uint8Array(await file.arrayBuffer());
  }
  return (await store.read(['bytes'], (tx) => tx.objectStore('bytes').get([name, 0])))?.bytes ?? null;
}

export async function removeTails(store: Store, item: Place): Promise<void> {
  await removeFiles(store, item, [tailName(item.id, 0), tailName(item.id, 1)]);
}

/** Body, head and tails. Quiet where they are gone already. */
export async function removeSealed(store: Store, item: Place): Promise<void> {
  await removeFiles(store, item, [fileName(item.id, item.kind), tailName(item.id, 0), tailName(item.id, 1)]);
}

async function removeFiles(store: Store, item: Place, names: string[]): Promise<void> {
  if (item.medium === 'idb') {
    await store.write(['bytes'], async (tx) => {
      for (const name of names)
        await tx.objectStore('bytes').delete(IDBKeyRange.bound([name, 0], [name, []]));
    });
    return;
  }
  const all = await folder();
  for (const name of names) {
    await all.removeEntry(name).catch((error: unknown) => {
      if (!missing(error)) throw error;
    });
  }
}

async function opfsFile(name: string): Promise<File | null> {
  try {
    return await (await (await folder()).getFileHandle(name)).getFile();
  } catch (error) {
    if (missing(error)) return null;
    throw error;
  }
}

const missing = (error: unknown) => error instanceof DOMException && error.name === 'NotFoundError';
