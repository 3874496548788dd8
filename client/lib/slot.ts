/**
 * Tails: the plaintext that doesn't fill a whole chunk yet, sealed as a small age file of its own after every slice
 * (64 KiB is 16 s of speech). Two slots in turn, so that one is always whole. Every tail has a fresh file key:
 * sealing a growing chunk again under the stream's own key would use a nonce twice.
 *
 * A slot on this phone's disk (never on the wire): 64 bytes in clear, then the age file. The clear part says only
 * sizes and times, and lets a torn write be told from a whole one without any key.
 */
import { concat } from './bytes';
import { CHUNK } from './chunks';

const MAGIC = 0x5441494c;
export const CLEAR = 64;
/** Fixed, so that a tail never needs room that a full phone doesn't have. Head <= 1 KiB for six recipients. */
export const SLOT = CHUNK + 4096;

export interface Slot {
  /** Counts the tails of one recording. */
  counter: number;
  /** Where it begins in the plaintext. */
  offset: number;
  /** Plaintext bytes in it. */
  length: number;
  /** Device time when the first of its bytes came, ms. */
  since: number;
  /** The age file. */
  file: Uint8Array;
}

export async function writeSlot(slot: Slot): Promise<Uint8Array> {
  const bytes = new Uint8Array(SLOT);
  const view = new DataView(bytes.buffer);
  if (slot.file.length > SLOT - CLEAR) throw new Error('a tail does not fit its slot');
  view.setUint32(0, MAGIC);
  view.setUint32(4, slot.counter);
  view.setBigUint64(8, BigInt(slot.offset));
  view.setBigUint64(16, BigInt(slot.since));
  view.setUint32(24, slot.length);
  view.setUint32(28, slot.file.length);
  bytes.set(slot.file, CLEAR);
  bytes.set(await sum(bytes, slot.file.length), 32);
  return bytes;
}

/** Null: never written, torn, or changed. */
export async function parseSlot(bytes: Uint8Array): Promise<Slot | null> {
  if (bytes.length < CLEAR) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(28);
  if (view.getUint32(0) !== MAGIC || CLEAR + length > bytes.length) return null;
  const expected = await sum(bytes, length);
  if (!expected.every((byte, i) => byte === bytes[32 + i])) return null;
  return {
    counter: view.getUint32(4),
    offset: Number(view.getBigUint64(8)),
    since: Number(view.getBigUint64(16)),
    length: view.getUint32(24),
    file: bytes.slice(CLEAR, CLEAR + length),
  };
}

async function sum(bytes: Uint8Array, length: number): Promise<Uint8Array> {
  const data = concat(bytes.subarray(0, 32), bytes.subarray(CLEAR, CLEAR + length));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data));
}
