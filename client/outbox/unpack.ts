/** Takes the items of an outbox file over from another phone: this one sends them under its own name, naming that one. */
import { sha256, unbase64url } from '../lib/bytes';
import { notify } from '../lib/notices';
import type { Sealer } from '../lib/sealer';
import { type DeviceRow, newRow, type StatementRow, type Store } from '../lib/store';
import { type Part, untar } from '../lib/tar';
import { LIST, type Packed, type PackedItem, sealedName, tailNameIn } from './pack';

/** `code` is one of problems.ts: not an outbox file, or another organisation's. */
export class BadOutboxFile extends Error {
  override name = 'BadOutboxFile';
  readonly code: 'not-outbox' | 'outbox-elsewhere';

  constructor(code: BadOutboxFile['code'], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

export interface Unpacked {
  taken: number;
  /** On this phone already. */
  known: number;
  /** Other bytes than the ones that were sealed, or missing. */
  damaged: number;
}

const LONGEST_LIST = 32 * 2 ** 20;
const KINDS = new Set(['photo', 'film', 'sound', 'import', 'entry']);

/** @param seen called after every item. @throws BadOutboxFile, PhoneFull; then what was taken before stays */
export async function unpack(
  store: Store,
  sealer: Sealer,
  device: DeviceRow,
  file: Blob,
  seen: (done: number, of: number) => void = () => undefined,
): Promise<Unpacked> {
  const { list, parts } = await read(file);
  if (list.server !== device.server) throw new BadOutboxFile('outbox-elsewhere');
  const told = { taken: 0, known: 0, damaged: 0 };
  for (const [i, item] of list.items.entries()) {
    told[await take(store, sealer, item, parts)] += 1;
    seen(i + 1, list.items.length);
  }
  await keepStatements(store, device, list.statements);
  notify('changed');
  notify('kick');
  return told;
}

async function read(file: Blob): Promise<{ list: Packed; parts: Map<string, Blob> }> {
  try {
    const parts = new Map<string, Blob>();
    for await (const { name, bytes } of untar(file) as AsyncGenerator<Part>) {
      if (parts.size === 0 && name !== LIST) break;
      parts.set(name, bytes);
    }
    const first = parts.get(LIST);
    if (!first || first.size > LONGEST_LIST) throw new Error('there is no list');
    return { list: checked(JSON.parse(await first.text())), parts };
  } catch (error) {
    throw new BadOutboxFile('not-outbox', error);
  }
}

async function take(
  store: Store,
  sealer: Sealer,
  item: PackedItem,
  parts: Map<string, Blob>,
): Promise<keyof Unpacked> {
  const bytes = parts.get(sealedName(item.id));
  if (!bytes) return 'damaged';
  const { id, kind, observation, trial, startedAt, origin, head, body, cut } = item;
  const medium = await sealer.ask('medium', { kind });
  const begun = { id, kind, observation, trial, startedAt, origin, head, body, medium, vault: null };
  // The row first, so that a copy that is interrupted is never taken for a recording that was.
  const row = { ...newRow({ ...begun, state: 'refused' as const }), cut, problem: 'importing' };
  const mine = await store.write(['items'], async (tx) => {
    const known = await tx.objectStore('items').get(id);
    if (known && known.problem !== 'importing') return false;
    await tx.objectStore('items').put(row);
    return true;
  });
  if (!mine) return 'known';
  const tailBytes = item.tail && parts.get(tailNameIn(id));
  const tail = item.tail && tailBytes ? { ...item.tail, bytes: tailBytes } : null;
  let whole = false;
  try {
    whole = await sealer.ask('adopt', { item: id, kind, medium, head, body, bytes, tail });
  } finally {
    if (!whole) await store.write(['items'], (tx) => tx.objectStore('items').delete(id));
  }
  if (!whole) return 'damaged';
  await store.change(id, () => ({ state: 'sealed', problem: null }));
  return 'taken';
}

/** What the other phone signed and could not send goes along; the server checks it against that phone's key. */
async function keepStatements(store: Store, device: DeviceRow, said: Packed['statements']): Promise<void> {
  const rows: StatementRow[] = [];
  for (const { device: by, seq, typ, jws } of said) {
    if (by === device.device) continue;
    const row = { device: by, seq, typ, jws, hash: await sha256(jws), items: named(jws) };
    rows.push({ ...row, state: 'waiting', receipt: null });
  }
  await store.write(['statements'], async (tx) => {
    for (const row of rows)
      if (!(await tx.objectStore('statements').get([row.device, row.seq])))
        await tx.objectStore('statements').put(row);
  });
}

function named(jws: string): string[] {
  const payload = JSON.parse(new TextDecoder().decode(unbase64url(jws.split('.')[1] ?? ''))) as {
    items?: { id: string }[];
    item?: { id: string };
    ids?: string[];
  };
  return [...(payload.items ?? []), ...(payload.item ? [payload.item] : [])].map(({ id }) => String(id));
}

function checked(value: unknown): Packed {
  const list = value as Packed;
  const good =
    list?.v === 1 &&
    isId(list.server) &&
    isId(list.device) &&
    Array.isArray(list.items) &&
    list.items.every(isItem) &&
    Array.isArray(list.statements) &&
    list.statements.every(isStatement);
  if (!good) throw new Error('not a list of an outbox file');
  return list;
}

/** Ids become names of files here: nothing but hexadecimal digits gets through. */
const isId = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isPart = (value: PackedItem['head'] | undefined) =>
  isCount(value?.size) && /^[A-Za-z0-9_-]{43}$/.test(String(value?.sha256));

function isItem(item: PackedItem | null): boolean {
  return (
    !!item &&
    [item.id, item.origin].every(isId) &&
    (item.observation === '' || isId(item.observation)) &&
    KINDS.has(item.kind) &&
    [item.trial, item.cut].every((flag) => typeof flag === 'boolean') &&
    isCount(item.startedAt) &&
    isPart(item.head) &&
    isPart(item.body) &&
    (item.tail === null ||
      [item.tail.counter, item.tail.offset, item.tail.length, item.tail.since].every(isCount))
  );
}

function isStatement(one: Packed['statements'][number] | null): boolean {
  return (
    !!one &&
    isId(one.device) &&
    isCount(one.seq) &&
    typeof one.typ === 'string' &&
    typeof one.jws === 'string' &&
    one.jws.length < 64_000 &&
    /^[\w-]+\.[\w-]+\.[\w-]+$/.test(one.jws)
  );
}
