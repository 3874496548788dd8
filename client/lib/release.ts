/** When this phone may let go of its sealed copy. Never without a verified storage receipt. */
import type { ReleasePolicy } from './contracts';
import type { ItemRow } from './store';

/** What the server said of its backups, and its clock at that moment, ms. */
export interface Backups {
  backup: boolean;
  /** Log entries covered by a backup that was read back. */
  backedUpTo: number;
  time: number;
}

/** Where no backup is set up, time has to do. */
export const WITHOUT_BACKUP = 14 * 86_400_000;

export function mayRelease(
  item: Pick<ItemRow, 'state' | 'receipt' | 'receivedAt' | 'logIndex'>,
  policy: ReleasePolicy,
  said: Backups,
): boolean {
  if (
    item.state !== 'received' ||
    item.receipt === null ||
    item.receivedAt === null ||
    item.logIndex === null
  )
    return false;
  if (policy === 'at-once') return true;
  if (said.backup) return item.logIndex < said.backedUpTo;
  // Both times are the server's: a phone whose clock jumps neither keeps nor drops anything for it.
  return said.time - item.receivedAt >= WITHOUT_BACKUP;
}
