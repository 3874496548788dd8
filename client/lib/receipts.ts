/** Receipts: what the server signed to have. Only a verified one makes an item `received`. */
import { BadStatement, readJws } from './jws';
import type { DeviceRow, ItemRow } from './store';

type Pinned = Pick<DeviceRow, 'device' | 'server' | 'serverKey'>;

export interface StorageReceipt {
  attested: 'match' | 'differs' | 'none';
  /** Server time, ms. */
  at: number;
  logIndex: number;
}

/** The receipt is good, but for other bytes than the ones sealed here. The local copy must stay. */
export class OtherBytes extends Error {
  override name = 'OtherBytes';
}

/** @throws BadStatement when it isn't this server's word for this device and item; OtherBytes */
export async function readStorageReceipt(
  jws: unknown,
  pinned: Pinned,
  item: Pick<ItemRow, 'id' | 'head' | 'body'>,
): Promise<StorageReceipt> {
  const says = await readJws(jws, {
    typ: 'temoin-storage-receipt',
    kid: pinned.server,
    key: pinned.serverKey,
  });
  if (says.iss !== pinned.server || says.dev !== pinned.device || says.id !== item.id)
    throw new BadStatement('a receipt for something else');
  if (says.attested !== 'match' && says.attested !== 'differs' && says.attested !== 'none')
    throw new BadStatement('not a receipt');
  if (!samePart(says.head, item.head) || !samePart(says.body, item.body))
    throw new OtherBytes('the server holds other bytes');
  return { attested: says.attested, at: moment(says.at), logIndex: logIndex(says.log) };
}

/** @throws BadStatement */
export async function readCommitmentReceipt(
  jws: unknown,
  pinned: Pinned,
  statement: string,
): Promise<{ ids: string[]; at: number; logIndex: number }> {
  const says = await readJws(jws, {
    typ: 'temoin-commitment-receipt',
    kid: pinned.server,
    key: pinned.serverKey,
  });
  if (says.iss !== pinned.server || says.dev !== pinned.device || says.statement !== statement)
    throw new BadStatement('a receipt for something else');
  if (!Array.isArray(says.ids)) throw new BadStatement('not a receipt');
  return { ids: says.ids.map(String), at: moment(says.at), logIndex: logIndex(says.log) };
}

function samePart(said: unknown, ours: { size: number; sha256: string | null }): boolean {
  const { size, sha256 } = (said ?? {}) as { size?: unknown; sha256?: unknown };
  return ours.sha256 !== null && size === ours.size && sha256 === ours.sha256;
}

function moment(at: unknown): number {
  if (typeof at !== 'number' || !Number.isSafeInteger(at)) throw new BadStatement('not a time');
  return at;
}

function logIndex(log: unknown): number {
  const index = (log as { index?: unknown } | null)?.index;
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0)
    throw new BadStatement('not in the log');
  return index;
}
