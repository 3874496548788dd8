/** When this phone may let go of its sealed copy. Never without a verified storage receipt that the server still gives. */
import type { ReleasePolicy } from './contracts';
import type { HeldSince, ItemRow } from './store';

/** What the server said of its backups, and its clock at that moment, ms. */
export interface Backups {
  backup: boolean;
  /** Log entries covered by a backup that was read back. */
  backedUpTo: number;
  time: number;
  /** This server has said before that backups are made: time alone never counts again. */
  backedUpOnce: boolean;
}

/** Where no backup is set up, time has to do. */
export const WITHOUT_BACKUP = 14 * 86_400_000;

export function mayRelease(
  item: Pick<ItemRow, 'state' | 'receipt' | 'receivedAt' | 'logIndex' | 'heldSince'>,
  policy: ReleasePolicy,
  said: Backups,
  now: HeldSince,
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
  if (said.backedUpOnce || !item.heldSince) return false;
  // By the server's clock and by the phone's own: a clock that jumps, here or there, ends nothing before its time.
  return said.time - item.receivedAt >= WITHOUT_BACKUP && heldFor(item.heldSince, now) >= WITHOUT_BACKUP;
}

/** ms that have passed on this phone, by the slower of its clocks: the wall clock can be set, the other one begins anew with
 *  every page. */
export function heldFor(since: HeldSince, now: HeldSince): number {
  const wall = now.wall - since.wall;
  return since.page === now.page ? Math.min(wall, now.mono - since.mono) : wall;
}

/** This moment, to be kept with what is held from now on. */
export function heldNow(): HeldSince {
  return { wall: Date.now(), mono: Math.round(performance.now()), page: performance.timeOrigin };
}
