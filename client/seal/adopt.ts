/** A sealed item out of an outbox file, copied to where this phone keeps its own. Nothing is opened. */
import { Digest } from '../lib/digest';
import { fileName, removeSealed, tailName } from '../lib/files';
import { hold } from '../lib/locks';
import { type Adoption, itemLock } from '../lib/protocol';
import { CLEAR, SLOT, writeSlot } from '../lib/slot';
import type { Store } from '../lib/store';
import { openSink } from './sinks';

const STEP = 2 ** 20;

/** @returns whether exactly the bytes that were sealed lie here now; if not, nothing of them does */
export async function adopt(store: Store, asked: Adoption): Promise<boolean> {
  const release = await hold(itemLock(asked.item));
  const place = { id: asked.item, kind: asked.kind, medium: asked.medium };
  try {
    // What an interrupted try left.
    await removeSealed(store, place);
    const whole = asked.bytes.size === asked.head.size + asked.body.size && (await copy(store, asked));
    if (whole) await keepTail(store, asked);
    else await removeSealed(store, place);
    return whole;
  } catch (error) {
    await removeSealed(store, place);
    throw error;
  } finally {
    release();
  }
}

async function copy(store: Store, { item, kind, medium, head, body, bytes }: Adoption): Promise<boolean> {
  const sink = await openSink(store, medium, fileName(item, kind));
  try {
    const [headHash, bodyHash] = [await Digest.begin(), await Digest.begin()];
    for (let at = 0; at < bytes.size; at += STEP) {
      const piece = new Uint8Array(await bytes.slice(at, at + STEP).arrayBuffer());
      const edge = Math.max(0, Math.min(piece.length, head.size - at));
      headHash.add(piece.subarray(0, edge));
      bodyHash.add(piece.subarray(edge));
      sink.write(at, piece);
      await sink.flush();
    }
    return headHash.now() === head.sha256 && bodyHash.now() === body.sha256;
  } finally {
    sink.close();
  }
}

async function keepTail(store: Store, { item, medium, tail }: Adoption): Promise<void> {
  if (!tail || tail.bytes.size > SLOT - CLEAR) return;
  const { counter, offset, length, since } = tail;
  const file = new Uint8Array(await tail.bytes.arrayBuffer());
  const sink = await openSink(store, medium, tailName(item, 0));
  try {
    sink.write(0, await writeSlot({ counter, offset, length, since, file }));
    await sink.flush();
  } finally {
    sink.close();
  }
}
