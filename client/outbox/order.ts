/** What to send next. Pure: rows and figures in, one job out. */
import type { ItemRow } from '../lib/store';

/** An item with what can be sent of it now. */
export interface Candidate {
  row: ItemRow;
  /** Bytes on disk that may go: all of a sealed item, whole chunks of a running recording. */
  sendable: number;
  /** When something of it was last sent by this sender, ms since the epoch. */
  lastSent: number;
  /** A tail that the server should have before anything else of this item. */
  tailDue: boolean;
  /** Not before this moment: it failed on its own. */
  notBefore: number;
}

export type Job = { do: 'part' | 'tail'; row: ItemRow };

/** A running recording gives way until it has this much, or this long has passed. */
const LIVE_BYTES = 65_552;
const LIVE_PAUSE = 2000;

/**
 * Entries before media; then what is being recorded, because the phone may be gone in a minute; then the rest by
 * what is left of it, smallest first.
 */
export function nextJob(candidates: readonly Candidate[], now: number): Job | null {
  const ready = candidates.filter((one) => one.notBefore <= now && (one.tailDue || hasWork(one, now)));
  const [first] = ready.sort(
    (a, b) => rank(a) - rank(b) || left(a) - left(b) || a.row.startedAt - b.row.startedAt,
  );
  return first ? { do: first.tailDue ? 'tail' : 'part', row: first.row } : null;
}

export function isLive(row: Pick<ItemRow, 'state'>): boolean {
  return row.state === 'recording';
}

/** Sealed, and the server has answered to its commitment: whole items go only after that. */
export function isDue(row: Pick<ItemRow, 'state'>): boolean {
  return row.state === 'committed' || row.state === 'sending';
}

function hasWork(one: Candidate, now: number): boolean {
  if (!isLive(one.row)) return isDue(one.row);
  const waiting = one.sendable - one.row.sent;
  return waiting >= LIVE_BYTES || (waiting > 0 && now - one.lastSent >= LIVE_PAUSE);
}

/** Of whom the server is asked first: what goes first. */
export function byTurn(a: ItemRow, b: ItemRow): number {
  const size = ({ head, body }: ItemRow) => head.size + body.size;
  return rank({ row: a }) - rank({ row: b }) || size(a) - size(b) || a.startedAt - b.startedAt;
}

const rank = ({ row }: Pick<Candidate, 'row'>) => (row.kind === 'entry' ? 0 : isLive(row) ? 1 : 2);
const left = ({ row, sendable }: Candidate) => sendable - row.sent;
