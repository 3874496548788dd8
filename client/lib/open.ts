/**
 * Reads age v1 files in any order, and cut ones up to their last whole chunk.
 *
 * typage's own stream loses most of a cut file: an error empties its queue of good chunks. It still opens the header.
 */
import { Decrypter } from 'age-encryption';
import { CHUNK, NONCE, SEALED_CHUNK, TAG } from './chunks';
import { type Aead, aead, chunkNonce, streamKey } from './stream';

/** Random access to a body: the bytes after the head. */
export interface BodySource {
  readonly size: number;
  read(from: number, length: number): Promise<Uint8Array>;
}

/** A chunk that was changed, is missing in the middle, or belongs to another file. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

/** @throws when no stanza is for this identity, or the header was changed. */
export async function openHead(head: Uint8Array, identity: string | CryptoKey): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return await decrypter.decryptHeader(head);
}

export class AgeReader {
  /** Plaintext bytes that can be read. */
  readonly size: number;
  /** False: cut, the last chunk's mark is missing. What can be read is authentic all the same. */
  readonly complete: boolean;
  readonly #source: BodySource;
  readonly #aead: Aead;
  #cached: { index: number; plain: Uint8Array } | undefined;

  private constructor(source: BodySource, cipher: Aead, size: number, complete: boolean) {
    this.#source = source;
    this.#aead = cipher;
    this.size = size;
    this.complete = complete;
  }

  /** Finds the end of the file by opening its last chunk, or the last but one where that was cut. */
  static async over(fileKey: Uint8Array, source: BodySource): Promise<AgeReader> {
    if (source.size < NONCE) {
      // Cut before the nonce was written: nothing to read, and no key to make.
      return new AgeReader(source, { seal: () => new Uint8Array(), open: async () => null }, 0, false);
    }
    const cipher = await aead(await streamKey(fileKey, await source.read(0, NONCE)));
    const sealed = source.size - NONCE;
    const rest = sealed % SEALED_CHUNK;
    const whole = (sealed - rest) / SEALED_CHUNK;
    if (rest >= TAG) {
      const last = await cipher.open(
        chunkNonce(whole, true),
        await source.read(NONCE + whole * SEALED_CHUNK, rest),
      );
      // An empty last chunk is allowed only as the only one: else two files would have the same plaintext.
      if (last && (last.length > 0 || whole === 0)) {
        return new AgeReader(source, cipher, whole * CHUNK + last.length, true);
      }
    }
    let complete = false;
    if (whole > 0) {
      const bytes = await source.read(NONCE + (whole - 1) * SEALED_CHUNK, SEALED_CHUNK);
      complete = rest === 0 && (await cipher.open(chunkNonce(whole - 1, true), bytes)) !== null;
      if (!complete && (await cipher.open(chunkNonce(whole - 1, false), bytes)) === null) {
        throw new DamagedFile(`chunk ${whole - 1} is damaged`);
      }
    }
    return new AgeReader(source, cipher, whole * CHUNK, complete);
  }

  /** Plaintext from `from`, at most `length` bytes, fewer at the end. @throws DamagedFile */
  async read(from: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, from + length);
    if (from < 0 || from >= end) return new Uint8Array();
    const out = new Uint8Array(end - from);
    for (let index = Math.floor(from / CHUNK); index * CHUNK < end; index++) {
      const start = index * CHUNK;
      // Copied before the next chunk is opened: that wipes this one.
      const plain = (await this.#chunk(index)).subarray(Math.max(0, from - start), end - start);
      out.set(plain, Math.max(0, start - from));
    }
    return out;
  }

  /** Wipes the plaintext kept for the next read. */
  close(): void {
    this.#cached?.plain.fill(0);
    this.#cached = undefined;
  }

  async #chunk(index: number): Promise<Uint8Array> {
    // Players read in small steps: the last chunk is nearly always asked for again.
    if (this.#cached?.index === index) return this.#cached.plain;
    const at = NONCE + index * SEALED_CHUNK;
    const sealed = await this.#source.read(at, Math.min(SEALED_CHUNK, this.#source.size - at));
    const last = this.complete && (index + 1) * CHUNK >= this.size;
    const plain = await this.#aead.open(chunkNonce(index, last), sealed);
    if (!plain) throw new DamagedFile(`chunk ${index} is damaged`);
    this.close();
    this.#cached = { index, plain };
    return plain;
  }
}
