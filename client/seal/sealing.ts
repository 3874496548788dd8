/** One recording on its way into sealed storage. Runs in the seal worker; holds public keys only. */

import type { Kind, MediaKind } from '../lib/contracts';
import { Digest } from '../lib/digest';
import { fileName, removeSealed, sealedSize, tailName, wholeChunks } from '../lib/files';
import type { Hashed, Remains } from '../lib/protocol';
import { SLOT, writeSlot } from '../lib/slot';
import type { Medium, Store } from '../lib/store';
import { AgeWriter, HEAD_LIMIT, headLength } from '../lib/stream';
import { openSink, type Sink } from './sinks';
import { sealTail } from './tail';

export class Sealing {
  readonly head: Hashed;
  readonly medium: Medium;
  readonly #item: string;
  readonly #recipients: readonly string[];
  readonly #writer: AgeWriter;
  readonly #body: Sink;
  readonly #tails: [Sink, Sink];
  readonly #plainHash: Digest;
  readonly #bodyHash: Digest;
  /** Sealed chunks that found no room. They go first when there is some. */
  #unwritten: Uint8Array[] = [];
  #counter = 0;
  #since = 0;

  private constructor(parts: {
    item: string;
    recipients: readonly string[];
    head: Hashed;
    medium: Medium;
    writer: AgeWriter;
    body: Sink;
    tails: [Sink, Sink];
    hashes: [Digest, Digest];
  }) {
    this.#item = parts.item;
    this.#recipients = parts.recipients;
    this.head = parts.head;
    this.medium = parts.medium;
    this.#writer = parts.writer;
    this.#body = parts.body;
    this.#tails = parts.tails;
    [this.#plainHash, this.#bodyHash] = parts.hashes;
  }

  /** Head, nonce and the room for both tails are on disk when this resolves. */
  static async begin(
    store: Store,
    medium: Medium,
    item: string,
    kind: MediaKind,
    recipients: readonly string[],
  ): Promise<Sealing> {
    const writer = await AgeWriter.begin(recipients);
    const sinks: Sink[] = [];
    try {
      for (const name of [fileName(item, kind), tailName(item, 0), tailName(item, 1)])
        sinks.push(await openSink(store, medium, name));
      const [body, even, odd] = sinks as [Sink, Sink, Sink];
      const headHash = await Digest.begin();
      const hashes: [Digest, Digest] = [await Digest.begin(), await Digest.begin()];
      headHash.add(writer.head);
      hashes[1].add(writer.nonce);
      body.write(0, writer.head);
      body.write(writer.head.length, writer.nonce);
      await body.flush();
      for (const tail of [even, odd]) {
        tail.write(0, new Uint8Array(SLOT));
        await tail.flush();
      }
      const head = { size: writer.head.length, sha256: headHash.now() };
      return new Sealing({ item, recipients, head, medium, writer, body, tails: [even, odd], hashes });
    } catch (error) {
      // No room even for this: nothing was recorded, and nothing stays.
      for (const sink of sinks) sink.close();
      await removeSealed(store, { id: item, kind, medium });
      throw error;
    }
  }

  /** Sealed and flushed when it resolves: whole chunks in the body, the rest in a tail. Wipes `bytes`. */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const held = this.#writer.pending.length;
    const whole = this.#writer.whole;
    this.#plainHash.add(bytes);
    this.#unwritten.push(...(await this.#writer.push(bytes)));
    bytes.fill(0);
    if (held === 0 || this.#writer.whole > whole) this.#since = Date.now();
    // No room: what the last good write left in body and tail stays as it is, and stays whole.
    await this.#append();
    await this.#keepTail();
  }

  /** Body so far: whole chunks that are on disk, and the hash of exactly these bytes. */
  progress(): Hashed {
    return { size: this.#bodyHash.size, sha256: this.#bodyHash.now() };
  }

  /** Seals the last chunk. The caller removes the tails once the row says so. */
  async finish(): Promise<{ plain: Hashed; body: Hashed }> {
    this.#unwritten.push(await this.#writer.finish());
    try {
      await this.#append();
    } catch (error) {
      // The older tail is superseded by the newer: its room is enough for a last chunk.
      await this.#tails[this.#counter % 2 === 0 ? 1 : 0].truncate(0);
      await this.#append().catch(() => {
        throw error;
      });
    }
    this.close();
    return { plain: { size: this.#plainHash.size, sha256: this.#plainHash.now() }, body: this.progress() };
  }

  close(): void {
    this.#body.close();
    for (const tail of this.#tails) tail.close();
  }

  async #append(): Promise<void> {
    if (this.#unwritten.length === 0) return;
    const start = this.head.size + this.#bodyHash.size;
    let at = start;
    try {
      for (const chunk of this.#unwritten) {
        this.#body.write(at, chunk);
        at += chunk.length;
      }
      await this.#body.flush();
    } catch (error) {
      await this.#body.truncate(start);
      throw error;
    }
    for (const chunk of this.#unwritten) this.#bodyHash.add(chunk);
    this.#unwritten = [];
  }

  async #keepTail(): Promise<void> {
    const pending = this.#writer.pending;
    if (pending.length === 0) return;
    const counter = ++this.#counter;
    const [offset, length, since] = [this.#writer.whole, pending.length, this.#since];
    const file = await sealTail(this.#recipients, this.#item, offset, pending);
    const tail = this.#tails[counter % 2 === 0 ? 0 : 1];
    tail.write(0, await writeSlot({ counter, offset, length, since, file }));
    await tail.flush();
  }
}

/** Takes up a cut recording: drops a torn last chunk, hashes what is there. Null: not even the head is there. */
export async function takeUp(
  store: Store,
  medium: Medium,
  item: string,
  kind: Kind,
): Promise<Remains | null> {
  if ((await sealedSize(store, { id: item, kind, medium })) === 0) return null;
  const sink = await openSink(store, medium, fileName(item, kind));
  try {
    const start = await sink.read(0, HEAD_LIMIT);
    let headSize: number;
    try {
      headSize = headLength(start);
    } catch {
      return null;
    }
    const size = wholeChunks(sink.size, headSize);
    if (size === 0) return null;
    if (size < sink.size) await sink.truncate(size);
    const headHash = await Digest.begin();
    headHash.add(start.subarray(0, headSize));
    const hash = await Digest.begin();
    const step = 2 ** 20;
    for (let at = headSize; at < size; at += step) hash.add(await sink.read(at, Math.min(step, size - at)));
    return {
      head: { size: headSize, sha256: headHash.now() },
      body: { size: size - headSize, sha256: hash.now() },
    };
  } finally {
    sink.close();
  }
}
