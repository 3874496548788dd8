/**
 * Writes age v1 files (age-encryption.org/v1), forwards and once.
 *
 * The header is typage's. The payload is written here, because typage's own stream can't be cut into durable
 * steps and can't use the browser's ChaCha20-Poly1305. Held to the public vectors, typage, pyrage and stock age by tests.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { Encrypter } from 'age-encryption';
import { type Bytes, concat, utf8 } from './bytes';
import { CHUNK, NONCE } from './chunks';

/** Seals or opens one chunk; nonces are the stream's counter, never random. `seal` takes its input before it returns. */
export interface Aead {
  seal(nonce: Bytes, plain: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** Null when the tag does not fit. */
  open(nonce: Bytes, sealed: Uint8Array): Promise<Uint8Array | null>;
}

/** 11-byte big-endian counter, then 1 for the last chunk (age specification, "Payload"). */
export function chunkNonce(index: number, last: boolean): Bytes {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(7, index);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  nonce[11] = last ? 1 : 0;
  return nonce;
}

export async function streamKey(fileKey: Uint8Array, nonce: Uint8Array): Promise<Bytes> {
  const base = await crypto.subtle.importKey('raw', fileKey as Bytes, 'HKDF', false, ['deriveBits']);
  const info = utf8('payload');
  const bits = await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: nonce as Bytes, info },
    base,
    256,
  );
  return new Uint8Array(bits);
}

const ALGORITHM = 'ChaCha20-Poly1305';
let native: Promise<boolean> | undefined;

/** Whether WebCrypto has ChaCha20-Poly1305 under the name and with the bytes we expect, shown by encrypting once. */
export function hasNativeChaCha(): Promise<boolean> {
  native ??= (async () => {
    try {
      const [key, nonce, plain] = [new Uint8Array(32).fill(7), chunkNonce(1, false), utf8('probe')];
      const sealed = await (await nativeAead(key)).seal(nonce, plain);
      const expected = chacha20poly1305(key, nonce).encrypt(plain);
      return sealed.length === expected.length && sealed.every((byte, i) => byte === expected[i]);
    } catch {
      return false;
    }
  })();
  return native;
}

async function nativeAead(key: Bytes): Promise<Aead> {
  // 'raw-secret' is newer than the DOM types.
  const format = 'raw-secret' as 'raw';
  const handle = await crypto.subtle.importKey(format, key, { name: ALGORITHM }, false, [
    'encrypt',
    'decrypt',
  ]);
  return {
    async seal(nonce, plain) {
      return new Uint8Array(
        await crypto.subtle.encrypt({ name: ALGORITHM, iv: nonce } as AesGcmParams, handle, plain as Bytes),
      );
    },
    async open(nonce, sealed) {
      try {
        return new Uint8Array(
          await crypto.subtle.decrypt(
            { name: ALGORITHM, iv: nonce } as AesGcmParams,
            handle,
            sealed as Bytes,
          ),
        );
      } catch (error) {
        if (error instanceof DOMException && error.name === 'OperationError') return null;
        throw error;
      }
    },
  };
}

export function portableAead(key: Uint8Array): Aead {
  return {
    seal: (nonce, plain) => chacha20poly1305(key, nonce).encrypt(plain),
    async open(nonce, sealed) {
      try {
        return chacha20poly1305(key, nonce).decrypt(sealed);
      } catch {
        return null;
      }
    },
  };
}

/** The fastest ChaCha20-Poly1305 here. The key array is wiped when the browser holds its own copy. */
export async function aead(key: Bytes): Promise<Aead> {
  if (!(await hasNativeChaCha())) return portableAead(key);
  const made = await nativeAead(key);
  key.fill(0);
  return made;
}

const TRIES = 5;

/** An age header to these recipients, and the file key under it. */
export async function makeHead(recipients: readonly string[]): Promise<{ head: Bytes; fileKey: Bytes }> {
  if (recipients.length === 0) throw new Error('sealing needs a recipient');
  for (let tries = 1; ; tries++) {
    try {
      return await wrap(recipients);
    } catch (error) {
      // WebKitGTK refuses X25519 keys that begin with a zero byte, one in 256. Each try makes new ones.
      if (!(error instanceof DOMException) || tries === TRIES) throw error;
    }
  }
}

async function wrap(recipients: readonly string[]): Promise<{ head: Bytes; fileKey: Bytes }> {
  let fileKey: Bytes | undefined;
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  // typage keeps the file key to itself, but hands it to every recipient: this one takes it and adds no stanza.
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = new Uint8Array(key);
      return [];
    },
  });
  const file = await encrypter.encrypt(new Uint8Array(0));
  if (!fileKey) throw new Error('no file key');
  // The payload of the empty file is dropped: its nonce, and with it its stream key, is never used again.
  return { head: file.slice(0, headLength(file)), fileKey };
}

const INTRO = utf8('age-encryption.org/v1\n');
/** Longest head that the server takes. */
export const HEAD_LIMIT = 16384;

/** Bytes of the head: through the line feed that ends the `---` line. @throws where it is not an age file. */
export function headLength(file: Uint8Array): number {
  if (!INTRO.every((byte, i) => file[i] === byte)) throw new Error('not an age file');
  for (let line = INTRO.length; line < file.length && line < HEAD_LIMIT; ) {
    const end = file.indexOf(10, line);
    if (end < 0 || end >= HEAD_LIMIT) break;
    if (file[line] === 45 && file[line + 1] === 45 && file[line + 2] === 45) return end + 1;
    line = end + 1;
  }
  throw new Error('not an age file');
}

/** Chunks given to the cipher at once. */
const ABREAST = 4;

export class AgeWriter {
  /** Everything before the body. */
  readonly head: Bytes;
  /** The first 16 bytes of the body. */
  readonly nonce: Bytes;
  readonly #aead: Aead;
  #index = 0;
  #pending: Bytes = new Uint8Array(CHUNK);
  #held = 0;
  #finished = false;

  private constructor(head: Bytes, nonce: Bytes, cipher: Aead) {
    this.head = head;
    this.nonce = nonce;
    this.#aead = cipher;
  }

  static async begin(recipients: readonly string[]): Promise<AgeWriter> {
    const { head, fileKey } = await makeHead(recipients);
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    const key = await streamKey(fileKey, nonce);
    fileKey.fill(0);
    return new AgeWriter(head, nonce, await aead(key));
  }

  /** Plaintext not yet in a whole chunk. A view: wiped and overwritten by the next call. */
  get pending(): Uint8Array {
    return this.#pending.subarray(0, this.#held);
  }

  /** Plaintext bytes in whole chunks so far. */
  get whole(): number {
    return this.#index * CHUNK;
  }

  /**
   * Seals what fills whole chunks and returns their bytes, to be appended to the body. The rest stays pending; a full
   * last chunk too, because only the next byte shows that it isn't the last. Calls must not overlap.
   */
  async push(bytes: Uint8Array): Promise<Uint8Array[]> {
    if (this.#finished) throw new Error('this file is finished');
    const sealed: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#held === CHUNK) {
        sealed.push(await this.#aead.seal(chunkNonce(this.#index++, false), this.#pending));
        this.#held = 0;
      }
      // Whole chunks straight from the input, without a copy; a few at a time, so that the cipher's threads needn't wait.
      const under: (Promise<Uint8Array> | Uint8Array)[] = [];
      while (this.#held === 0 && under.length < ABREAST && bytes.length - at > CHUNK) {
        under.push(this.#aead.seal(chunkNonce(this.#index++, false), bytes.subarray(at, at + CHUNK)));
        at += CHUNK;
      }
      if (under.length > 0) {
        sealed.push(...(await Promise.all(under)));
        continue;
      }
      const taken = Math.min(CHUNK - this.#held, bytes.length - at);
      this.#pending.set(bytes.subarray(at, at + taken), this.#held);
      this.#held += taken;
      at += taken;
    }
    return sealed;
  }

  /** The last chunk. */
  async finish(): Promise<Uint8Array> {
    if (this.#finished) throw new Error('this file is finished');
    this.#finished = true;
    const last = await this.#aead.seal(chunkNonce(this.#index++, true), this.pending);
    this.#pending.fill(0);
    this.#held = 0;
    return last;
  }
}

/** A whole age file at once, for entries, tails and keys. */
export async function seal(
  recipients: readonly string[],
  plain: Uint8Array,
): Promise<{ head: Bytes; body: Bytes }> {
  const writer = await AgeWriter.begin(recipients);
  const chunks = await writer.push(plain);
  return { head: writer.head, body: concat(writer.nonce, ...chunks, await writer.finish()) };
}
