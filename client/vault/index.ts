/** The phone's own copies: the contract's `Vault`. The key is in a worker; to lock is to end it. */
import type { Entry, Vault, VaultKind } from '../lib/contracts';
import { Line } from '../lib/line';
import { notify, onNotice } from '../lib/notices';
import type { ItemRow, Store, VaultRow } from '../lib/store';
import { catalogue } from '../lib/text';
import { scriptUrl } from '../lib/trusted';
import { BITS_NEEDED, passphraseBits } from './passphrase';
import type { VaultAnswers, VaultRequests } from './protocol';

const t = catalogue({
  en: {
    guessable:
      'This passphrase could be guessed by a machine. Take the one proposed, or add words that have nothing to do with each other.',
    wrong: 'This passphrase does not open the copies on this phone.',
    passkey: 'The passkey could not be used for this on this phone. A passphrase works everywhere.',
    locked: 'The copies on this phone are locked.',
    none: 'Copies on this phone can not be viewed: there is no passphrase or passkey for them.',
  },
  fr: {
    guessable:
      'Une machine pourrait deviner cette phrase secrète. Prenez celle proposée, ou ajoutez des mots sans rapport entre eux.',
    wrong: 'Cette phrase secrète n’ouvre pas les copies de ce téléphone.',
    passkey:
      'La clé d’accès n’a pas pu servir à cela sur ce téléphone. Une phrase secrète fonctionne partout.',
    locked: 'Les copies de ce téléphone sont verrouillées.',
    none: 'Les copies de ce téléphone ne peuvent pas être vues : il n’y a ni phrase secrète ni clé d’accès pour elles.',
  },
});

/** `message` is a sentence for people. `code` for what the page does with it. */
export class VaultProblem extends Error {
  override name = 'VaultProblem';
  readonly code: Parameters<typeof t>[0];

  constructor(code: Parameters<typeof t>[0], cause?: unknown) {
    super(t(code), { cause });
    this.code = code;
  }
}

/** Locked after this long without a touch or a read, and after this long out of sight; ms. */
const IDLE = 5 * 60_000;
const HIDDEN = 30_000;

class PhoneVault implements Vault {
  readonly #store: Store;
  readonly #line: Line<VaultRequests, VaultAnswers>;
  #recipient: string | null = null;
  #usedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #seen = new Set<() => void>();

  constructor(store: Store, make: () => Worker) {
    this.#store = store;
    this.#line = new Line(make);
  }

  async kind(): Promise<VaultKind> {
    return (await this.#store.kept('vault'))?.kind ?? 'none';
  }

  unlocked(): boolean {
    return this.#recipient !== null;
  }

  async create(kind: 'passphrase' | 'passkey', passphrase = ''): Promise<void> {
    this.lock();
    if (kind === 'passphrase') {
      if (passphraseBits(passphrase) < BITS_NEEDED) throw new VaultProblem('guessable');
      const { recipient, sealed } = await this.#line.ask('create', { passphrase });
      await this.#keep({ kind, recipient, sealed, passkey: null });
      return;
    }
    try {
      const { makeUnderPasskey } = await import('./passkey');
      const { identity, sealed, passkey } = await makeUnderPasskey(
        (await this.#store.kept('device'))?.app.name ?? 'Carnet',
      );
      const { recipient } = await this.#line.ask('take', { identity });
      await this.#keep({ kind, recipient, sealed, passkey });
    } catch (error) {
      this.lock();
      throw new VaultProblem('passkey', error);
    }
  }

  async unlock(passphrase = ''): Promise<void> {
    const vault = await this.#store.kept('vault');
    if (!vault) throw new VaultProblem('none');
    try {
      if (vault.passkey === null) {
        const { recipient } = await this.#line.ask('unlock', { sealed: vault.sealed, passphrase });
        this.#opened(recipient);
      } else {
        const { openWithPasskey } = await import('./passkey');
        const identity = await openWithPasskey(vault.sealed, vault.passkey);
        this.#opened((await this.#line.ask('take', { identity })).recipient);
      }
    } catch (error) {
      this.lock();
      if (error instanceof Error && error.name === 'WrongPassphrase') throw new VaultProblem('wrong', error);
      if (vault.passkey !== null) throw new VaultProblem('passkey', error);
      throw error;
    }
  }

  lock(): void {
    this.#line.stop();
    clearTimeout(this.#timer);
    const was = this.#recipient;
    this.#recipient = null;
    if (was !== null) this.#tell();
  }

  async forget(): Promise<void> {
    this.lock();
    await this.#store.write(['kept'], (tx) => tx.objectStore('kept').delete('vault'));
    notify('changed');
  }

  async read(item: string, from: number, length: number): Promise<Uint8Array> {
    const row = await this.#mine(item);
    if (!row) throw new VaultProblem(this.unlocked() ? 'none' : 'locked');
    return await this.#line.ask('read', { item: row, from, length });
  }

  async size(item: string): Promise<number | null> {
    const row = await this.#mine(item);
    return row && (await this.#line.ask('size', { item: row }));
  }

  async entry(item: string): Promise<Entry | null> {
    const size = await this.size(item);
    if (size === null) return null;
    return JSON.parse(new TextDecoder().decode(await this.read(item, 0, size))) as Entry;
  }

  watch(seen: () => void): () => void {
    this.#seen.add(seen);
    return () => this.#seen.delete(seen);
  }

  /** Called on every touch: an unlocked vault that nobody uses locks itself. */
  touched(): void {
    this.#usedAt = performance.now();
  }

  /** Out of sight: locks soon, unless seen again. */
  hidden(hidden: boolean): void {
    if (!this.unlocked()) return;
    clearTimeout(this.#timer);
    if (hidden) this.#timer = setTimeout(() => this.lock(), HIDDEN);
    else this.#watchIdle();
  }

  async #mine(item: string): Promise<ItemRow | null> {
    if (this.#recipient === null) return null;
    this.touched();
    const row = await this.#store.item(item);
    return row && row.vault === this.#recipient ? row : null;
  }

  async #keep(vault: VaultRow): Promise<void> {
    await this.#store.keep('vault', vault);
    this.#opened(vault.recipient);
    notify('changed');
  }

  #opened(recipient: string): void {
    this.#recipient = recipient;
    this.touched();
    this.#watchIdle();
    this.#tell();
  }

  #watchIdle(): void {
    clearTimeout(this.#timer);
    const left = IDLE - (performance.now() - this.#usedAt);
    if (left <= 0) this.lock();
    else this.#timer = setTimeout(() => this.#watchIdle(), left);
  }

  #tell(): void {
    for (const seen of [...this.#seen]) seen();
  }
}

export function makeVault(
  store: Store,
  make = () => new Worker(scriptUrl('/m/vault.worker.js'), { type: 'module' }),
): Vault {
  const vault = new PhoneVault(store, make);
  for (const touch of ['pointerdown', 'keydown'] as const)
    addEventListener(touch, () => vault.touched(), { passive: true });
  document.addEventListener('visibilitychange', () => vault.hidden(document.visibilityState === 'hidden'));
  addEventListener('pagehide', () => vault.lock());
  // Forgotten or replaced in another tab: this tab's key opens nothing that is made from now on.
  onNotice(async (notice) => {
    if (notice === 'changed' && vault.unlocked() && (await vault.kind()) === 'none') vault.lock();
  });
  return vault;
}
