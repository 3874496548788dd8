import { createSHA256, type IHasher } from 'hash-wasm';
import { base64url } from './bytes';

/** Running SHA-256 of bytes that never lie in memory as a whole. */
export class Digest {
  readonly #hasher: IHasher;
  size = 0;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  static async begin(): Promise<Digest> {
    const hasher = await createSHA256();
    hasher.init();
    return new Digest(hasher);
  }

  add(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
    this.size += bytes.length;
  }

  /** The hash of what was added so far, base64url; more may follow. */
  now(): string {
    const state = this.#hasher.save();
    const value = base64url(this.#hasher.digest('binary'));
    this.#hasher.load(state);
    return value;
  }
}
