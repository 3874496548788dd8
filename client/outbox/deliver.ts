/** One step of one item: a part, a tail, a receipt. */
import { Refused } from '../lib/api';
import { newestTail, removeTails, sealedBlob } from '../lib/files';
import { BadStatement } from '../lib/jws';
import { OtherBytes, readStorageReceipt } from '../lib/receipts';
import type { DeviceRow, ItemRow, Store } from '../lib/store';
import { isLive } from './order';
import { append, create, offsetOf, type Progress } from './tus';

/** An entry or a still is one request. */
const AT_ONCE = 256 * 1024;

export interface Sent {
  /** Bytes of the body, for the measured speed. */
  bytes: number;
  /** The server has every byte, but gave no receipt that we may believe. */
  unanswered: boolean;
}

/** Sends the next part. @param sendable bytes on disk that may go. @throws Unreachable, Refused */
export async function sendPart(
  store: Store,
  device: DeviceRow,
  row: ItemRow,
  sendable: number,
  part: number,
): Promise<Sent> {
  const live = isLive(row);
  const length = live ? null : sendable;
  if (row.upload === null) {
    // On a slow line even an entry's creation should be short.
    const whole =
      length !== null && length <= Math.min(AT_ONCE, part)
        ? await sealedBlob(store, row, 0, length)
        : undefined;
    const made = await create(device.token, { item: row.id, length, ...(whole ? { whole } : {}) });
    return await keep(store, device, row, made, whole?.size ?? 0, length);
  }
  const to = Math.min(sendable, row.sent + part);
  const bytes = await sealedBlob(store, row, row.sent, to);
  try {
    const done = await append(
      device.token,
      row.upload,
      row.sent,
      bytes,
      length !== null && to === length ? length : null,
    );
    return await keep(store, device, row, done, bytes.size, length);
  } catch (error) {
    await realign(store, device, row, error);
    throw error;
  }
}

/** Sends the newest tail of a running or cut recording. @throws Unreachable, Refused */
export async function sendTail(store: Store, device: DeviceRow, row: ItemRow): Promise<Sent> {
  const tail = await newestTail(store, row);
  if (!tail) return { bytes: 0, unanswered: false };
  const whole = new Blob([tail.file as Uint8Array<ArrayBuffer>]);
  await create(device.token, { item: row.id, tail: tail.slot, length: whole.size, whole });
  await store.change(row.id, () => ({ tail: tail.counter }));
  return { bytes: whole.size, unanswered: false };
}

/** Takes a storage receipt. Only a verified one for exactly our bytes makes the item received. */
export async function takeReceipt(
  store: Store,
  device: DeviceRow,
  row: ItemRow,
  jws: string,
): Promise<boolean> {
  try {
    const { at, logIndex } = await readStorageReceipt(jws, device, row);
    const size = row.head.size + row.body.size;
    await store.change(row.id, () => ({
      state: 'received',
      receipt: jws,
      receivedAt: at,
      logIndex,
      sent: size,
      problem: null,
    }));
    await removeTails(store, row);
    return true;
  } catch (error) {
    if (error instanceof OtherBytes)
      await store.change(row.id, () => ({ state: 'refused', problem: 'differs' }));
    else if (error instanceof BadStatement) await store.change(row.id, () => ({ problem: 'bad-receipt' }));
    else throw error;
    return false;
  }
}

async function keep(
  store: Store,
  device: DeviceRow,
  row: ItemRow,
  done: Progress,
  bytes: number,
  length: number | null,
): Promise<Sent> {
  const now = await store.change(row.id, ({ state }) => ({
    upload: done.upload,
    sent: done.offset,
    problem: null,
    ...(state === 'committed' ? { state: 'sending' as const } : {}),
  }));
  const received = now && done.receipt !== null ? await takeReceipt(store, device, now, done.receipt) : false;
  return { bytes, unanswered: done.offset === length && !received };
}

/** After a refusal the server's offset counts, whatever we believed. */
async function realign(store: Store, device: DeviceRow, row: ItemRow, error: unknown): Promise<void> {
  if (!(error instanceof Refused) || row.upload === null) return;
  if (error.code === 'differs-from-commitment') await store.change(row.id, () => ({ sent: 0 }));
  else if (error.status === 404) await store.change(row.id, () => ({ upload: null, sent: 0 }));
  else if (error.code === 'offset') {
    const { offset } = await offsetOf(device.token, row.upload);
    await store.change(row.id, () => ({ sent: offset }));
  }
}
