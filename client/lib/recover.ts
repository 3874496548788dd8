/** After a crash: what was being recorded is marked cut and kept as far as it goes. */
import type { MediaKind } from './contracts';
import { folder, removeSealed, removeTails } from './files';
import { isFree } from './locks';
import { notify } from './notices';
import { itemLock } from './protocol';
import type { Sealer } from './sealer';
import type { Statements } from './statements';
import { type ItemRow, newRow, type Store } from './store';

export class Recovery {
  readonly #store: Store;
  readonly #sealer: Sealer;
  readonly #statements: Statements;

  constructor(store: Store, sealer: Sealer, statements: Statements) {
    this.#store = store;
    this.#sealer = sealer;
    this.#statements = statements;
  }

  /** @returns the items found cut. Their hashes follow when they have been read again; until then nothing is sent. */
  async run(): Promise<ItemRow[]> {
    const cut: ItemRow[] = [];
    for (const row of [...(await this.#store.items()), ...(await this.#orphans())]) {
      if (row.state === 'recording' && (await isFree(itemLock(row.id)))) {
        const marked: ItemRow = { ...row, state: 'sealed', cut: true };
        await this.#store.write(['items'], (tx) => tx.objectStore('items').put(marked));
        cut.push(marked);
      } else if (row.state === 'sealed' && row.body.sha256 === null) {
        cut.push(row);
      }
    }
    await this.#sweep();
    if (cut.length > 0) {
      notify('changed');
      // Reading a long film again takes a while, and the page must not wait for it. What fails now is tried at the next start.
      void this.#measure(cut).catch(() => undefined);
    }
    return cut;
  }

  async #measure(cut: ItemRow[]): Promise<void> {
    for (const { id, kind, medium } of cut) {
      const remains = await this.#sealer.ask('takeUp', { item: id, kind, medium });
      // Nothing on disk: the page died before the first flush. The row stays and says so.
      await this.#store.change(id, () =>
        remains ? { head: remains.head, body: remains.body } : { state: 'refused', problem: 'empty' },
      );
      notify('changed');
    }
    notify('ended');
    notify('kick');
  }

  /** Files whose row was lost, by a browser that dropped its database: taken up as cut recordings rather than deleted. */
  async #orphans(): Promise<ItemRow[]> {
    const known = new Set((await this.#store.items()).map(({ id }) => id));
    const removed = new Set(await this.#statements.removed());
    const found: ItemRow[] = [];
    for await (const { id, kind, modified } of sealedFiles()) {
      if (known.has(id) || !(await isFree(itemLock(id)))) continue;
      if (removed.has(id)) {
        await removeSealed(this.#store, { id, kind, medium: 'opfs' });
        continue;
      }
      const unknown = {
        observation: '',
        trial: false,
        head: { size: 0, sha256: '' },
        body: { size: 0, sha256: null },
        vault: null,
        origin: '',
      };
      found.push(newRow({ id, kind, startedAt: modified, state: 'recording', medium: 'opfs', ...unknown }));
    }
    return found;
  }

  /** Removes bytes that a crash left between a row's last word and their removal. */
  async #sweep(): Promise<void> {
    for (const row of await this.#store.items()) {
      if (row.state === 'released') await removeSealed(this.#store, row);
      else if (row.state !== 'recording' && !row.cut && row.kind !== 'entry')
        await removeTails(this.#store, row);
    }
  }
}

async function* sealedFiles(): AsyncGenerator<{ id: string; kind: MediaKind; modified: number }> {
  let all: FileSystemDirectoryHandle;
  try {
    all = await folder();
  } catch {
    // No private file system here: then there are no files either.
    return;
  }
  for await (const [name, handle] of all.entries()) {
    const match = /^([0-9a-f]{32})\.(photo|film|sound|import)$/.exec(name);
    if (!match?.[1] || handle.kind !== 'file') continue;
    const { lastModified } = await (handle as FileSystemFileHandle).getFile();
    yield { id: match[1], kind: match[2] as MediaKind, modified: lastModified };
  }
}
