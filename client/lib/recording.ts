/** One recording, seen from the page: the contract's `Recording`. The bytes go to the seal worker and nowhere else. */
import type { MediaKind, Recording } from './contracts';
import { removeTails } from './files';
import { notify } from './notices';
import type { Sealer } from './sealer';
import type { Statements } from './statements';
import type { Store } from './store';

const PREFIX_EVERY = 10_000;
export class OpenRecording implements Recording {
  readonly item: string;
  readonly #kind: MediaKind;
  readonly #store: Store;
  readonly #sealer: Sealer;
  readonly #statements: Statements;
  readonly #gaps: { at: number; slice: number }[] = [];
  #bytes = 0;
  #prefixAt = performance.now();
  #signing: Promise<void> | null = null;

  constructor(item: string, kind: MediaKind, store: Store, sealer: Sealer, statements: Statements) {
    this.item = item;
    this.#kind = kind;
    this.#store = store;
    this.#sealer = sealer;
    this.#statements = statements;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    // Transferring a view would take its neighbours in the buffer along.
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    await this.#sealer.ask('write', { item: this.item, bytes: own }, [own.buffer as ArrayBuffer]);
    // Not the wall clock: one that is set back would silence them for as long.
    if (performance.now() - this.#prefixAt < PREFIX_EVERY) return;
    this.#prefixAt = performance.now();
    // Beside the recording, never in its way: the commitment to the whole item comes at its end in any case.
    this.#signing ??= this.#prefix()
      .catch(() => undefined)
      .finally(() => {
        this.#signing = null;
      });
  }

  gap(slice: number): void {
    this.#gaps.push({ at: this.#bytes, slice });
  }

  async finish(): Promise<{ size: number; sha256: string; gaps: { at: number; slice: number }[] }> {
    try {
      const { plain, body } = await this.#sealer.ask('finish', { item: this.item });
      const row = await this.#store.change(this.item, () => ({ state: 'sealed', body }));
      if (row) await removeTails(this.#store, row);
      return { ...plain, gaps: this.#gaps };
    } catch (error) {
      await this.#keepAsCut();
      throw error;
    } finally {
      notify('changed');
      notify('ended');
      notify('kick');
    }
  }

  /** No room for the last chunk: what is on disk stays, as a cut recording. */
  async #keepAsCut(): Promise<void> {
    const row = await this.#store.change(this.item, () => ({ state: 'sealed', cut: true }));
    if (!row) return;
    const remains = await this.#sealer.ask('takeUp', { item: row.id, kind: row.kind, medium: row.medium });
    if (remains) await this.#store.change(this.item, () => ({ body: remains.body }));
  }

  /** One at a time waits: offline, an hour of them would stand before everything else on the first thin line. */
  async #prefix(): Promise<void> {
    const waiting = await this.#statements.waiting();
    if (waiting.some(({ typ, items }) => typ === 'temoin-prefix' && items.includes(this.item))) return;
    const [body, row] = [
      await this.#sealer.ask('progress', { item: this.item }),
      await this.#store.item(this.item),
    ];
    if (!body || !row) return;
    const item = { id: this.item, kind: this.#kind, head: row.head, body };
    await this.#statements.add('temoin-prefix', { item }, [this.item]);
    notify('kick');
  }
}
