/**
 * The outbox file: everything that was not received, as one tar file (docs/formats.md, "Outbox file"), to be sent by another
 * phone. Sealed bytes as they lie here, and what is known of them without opening: no key, no token.
 */
import { newestTail, sealedBlob } from '../lib/files';
import type { DeviceRow, ItemRow, StatementRow, Store } from '../lib/store';
import { type Part, tar } from '../lib/tar';
import { commit } from './declare';
import { handOver } from './handover';

export interface PackedItem {
  id: string;
  kind: ItemRow['kind'];
  observation: string;
  trial: boolean;
  startedAt: number;
  cut: boolean;
  /** Device id of the enrolment that sealed it. */
  origin: string;
  head: { size: number; sha256: string };
  body: { size: number; sha256: string };
  tail: { counter: number; offset: number; length: number; since: number } | null;
}

export interface Packed {
  v: 1;
  server: string;
  device: string;
  items: PackedItem[];
  /** Signed statements that speak of these items, or that the server has not answered, as signed. */
  statements: { device: string; seq: number; typ: string; jws: string }[];
}

const PIECE = 8 * 2 ** 20;
/** Nothing of these lies here. */
const WITHOUT_BYTES = new Set<string | null>(['empty', 'missing', 'importing']);
export const LIST = 'outbox.json';
export const sealedName = (id: string): string => `${id}.age`;
export const tailNameIn = (id: string): string => `${id}.tail.age`;

/** Null: nothing waits. What is being recorded right now is left out. */
export async function pack(store: Store): Promise<{ file: Blob; items: number } | null> {
  const device = await store.kept('device');
  if (!device) return null;
  // So that every item stands in a statement of the phone that sealed it, although that may never send it.
  await handOver(store, device);
  while (await commit(store));
  const rows = (await store.itemsIn('sealed', 'committed', 'sending', 'refused')).filter(
    ({ body, problem }) => body.sha256 !== null && !WITHOUT_BYTES.has(problem),
  );
  if (rows.length === 0) return null;
  const items: PackedItem[] = [];
  const parts: Part[] = [];
  for (const row of rows.sort((a, b) => a.body.size - b.body.size)) {
    const tail = row.cut ? await newestTail(store, row) : null;
    items.push(listed(row, device, tail));
    parts.push({
      name: sealedName(row.id),
      bytes: await wholeBlob(store, row),
    });
    if (tail) parts.push({ name: tailNameIn(row.id), bytes: new Blob([tail.file.slice()]) });
  }
  const said = await statements(store, new Set(rows.map(({ id }) => id)));
  const list: Packed = { v: 1, server: device.server, device: device.device, items, statements: said };
  return {
    file: tar([{ name: LIST, bytes: new Blob([JSON.stringify(list)]) }, ...parts]),
    items: items.length,
  };
}

/** In pieces: records of the database would otherwise lie in memory all at once. */
async function wholeBlob(store: Store, row: ItemRow): Promise<Blob> {
  const size = row.head.size + row.body.size;
  const pieces: Blob[] = [];
  for (let at = 0; at < size; at += PIECE)
    pieces.push(await sealedBlob(store, row, at, Math.min(size, at + PIECE)));
  return new Blob(pieces);
}

function listed(row: ItemRow, device: DeviceRow, tail: PackedItem['tail']): PackedItem {
  const { id, kind, observation, trial, startedAt, cut, head, body } = row;
  return {
    ...{ id, kind, observation, trial, startedAt, cut, head },
    origin: row.origin || device.device,
    body: { size: body.size, sha256: body.sha256 ?? '' },
    tail: tail && {
      counter: tail.counter,
      offset: tail.offset,
      length: tail.length,
      since: tail.since,
    },
  };
}

async function statements(store: Store, ids: Set<string>): Promise<Packed['statements']> {
  const all = await store.read(['statements'], (tx) => tx.objectStore('statements').getAll());
  const wanted = (row: StatementRow) =>
    row.seq > 0 && (row.state === 'waiting' || row.items.some((id) => ids.has(id)));
  return all.filter(wanted).map(({ device, seq, typ, jws }) => ({ device, seq, typ, jws }));
}
