import { concat, unhex } from '../lib/bytes';
import { seal } from '../lib/stream';

/** Plaintext of a tail as the wire has it: 16 bytes item id, 8 bytes big-endian offset, the bytes. */
export function tailPlain(item: string, offset: number, pending: Uint8Array): Uint8Array {
  const place = new Uint8Array(8);
  new DataView(place.buffer).setBigUint64(0, BigInt(offset));
  return concat(unhex(item), place, pending);
}

export async function sealTail(
  recipients: readonly string[],
  item: string,
  offset: number,
  pending: Uint8Array,
): Promise<Uint8Array> {
  const plain = tailPlain(item, offset, pending);
  const { head, body } = await seal(recipients, plain);
  plain.fill(0);
  return concat(head, body);
}
