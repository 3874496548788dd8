/** The unlocked vault: one object, in a worker of its own, that ends with it. */
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { sealedBytes, sealedSize } from '../lib/files';
import { AgeReader, openHead } from '../lib/open';
import type { ItemRow, Store } from '../lib/store';

/** scrypt N = 2^16: 64 MiB, some seconds on a slow phone. 2^18, typage's own, is too much for 2 GB phones. */
const WORK_FACTOR = 16;
/** Readers kept open: one a film that plays, and some entries. */
const READERS = 4;

export class WrongPassphrase extends Error {
  override name = 'WrongPassphrase';
}

export class Keeper {
  readonly recipient: string;
  readonly #identity: string;
  readonly #store: Store;
  readonly #readers = new Map<string, Promise<AgeReader | null>>();

  private constructor(store: Store, identity: string, recipient: string) {
    this.#store = store;
    this.#identity = identity;
    this.recipient = recipient;
  }

  static async of(store: Store, identity: string): Promise<Keeper> {
    return new Keeper(store, identity, await identityToRecipient(identity));
  }

  static async create(store: Store, passphrase: string): Promise<{ keeper: Keeper; sealed: Uint8Array }> {
    const identity = await generateX25519Identity();
    const encrypter = new Encrypter();
    encrypter.setScryptWorkFactor(WORK_FACTOR);
    encrypter.setPassphrase(passphrase.normalize('NFKC'));
    return { keeper: await Keeper.of(store, identity), sealed: await encrypter.encrypt(identity) };
  }

  /** @throws WrongPassphrase */
  static async unlock(store: Store, sealed: Uint8Array, passphrase: string): Promise<Keeper> {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase.normalize('NFKC'));
    let identity: string;
    try {
      identity = await decrypter.decrypt(sealed, 'text');
    } catch (error) {
      throw new WrongPassphrase('wrong passphrase', { cause: error });
    }
    return await Keeper.of(store, identity);
  }

  /** Plaintext size, of a cut item as far as it goes. Null: not ours to open, or gone. */
  async size(item: ItemRow): Promise<number | null> {
    return (await this.#reader(item))?.size ?? null;
  }

  async read(item: ItemRow, from: number, length: number): Promise<Uint8Array> {
    const reader = await this.#reader(item);
    if (!reader) throw new Error('this item cannot be opened here');
    return await reader.read(from, length);
  }

  #reader(item: ItemRow): Promise<AgeReader | null> {
    const known = this.#readers.get(item.id);
    if (known) return known;
    const opening = this.#open(item);
    this.#readers.set(item.id, opening);
    for (const [id, old] of this.#readers) {
      if (this.#readers.size <= READERS) break;
      this.#readers.delete(id);
      void old.then(
        (reader) => reader?.close(),
        () => undefined,
      );
    }
    opening.catch(() => this.#readers.delete(item.id));
    return opening;
  }

  async #open(item: ItemRow): Promise<AgeReader | null> {
    if (item.vault !== this.recipient || item.state === 'recording' || item.state === 'released') return null;
    const size = await sealedSize(this.#store, item);
    if (size < item.head.size) return null;
    const head = await sealedBytes(this.#store, item, 0, item.head.size);
    const fileKey = await openHead(head, this.#identity);
    return await AgeReader.over(fileKey, {
      size: size - item.head.size,
      read: (from, length) =>
        sealedBytes(this.#store, item, item.head.size + from, item.head.size + from + length),
    });
  }
}
