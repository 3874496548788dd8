/** Asking the server what it has, letting go of what is safe, and sending again what it has lost. */
import { ask, type Moments } from '../lib/api';
import { removeSealed } from '../lib/files';
import { type Backups, heldFor, heldNow, mayRelease } from '../lib/release';
import { Statements } from '../lib/statements';
import type { DeviceRow, ItemRow, Store } from '../lib/store';
import { takeReceipt } from './deliver';

/** Items of one question: under a kilobyte, and two back. On a thin line more would never come through. */
export const LOT = 20;
/** Items let go of in one round. */
const FREED = 100;

interface StatusAnswer {
  items: Record<string, { offset: number | null; upload: string | null; receipt: string | null }>;
  backed_up_to: number;
  backup: boolean;
  seen: { size: number; hash: string };
  time: number;
}

/**
 * What the server has of some items that wait, and what is backed up. Also tells it what this phone still holds.
 * @throws Unreachable, Refused
 */
export async function askWaiting(store: Store, device: DeviceRow, lot: ItemRow[]): Promise<Said> {
  return await round(store, device, lot);
}

/** What was received: is it still there, may it go. `said` is what was heard last. @throws Unreachable, Refused */
export async function askReceived(store: Store, device: DeviceRow, said: Said | null): Promise<Said> {
  const before = await store.kept('seen');
  // At least once, with no ids: the server then still learns what we hold, and we what is backed up.
  let last = said ?? (await round(store, device, []));
  const received = await store.itemsIn('received');
  // Only what would go now is asked about again, or all of it where the server's log isn't the one it was: a receipt may
  // be a thousand bytes, and the line thin.
  const doubtful = isCut(before, last.seen)
    ? received
    : received.filter(({ id }) => last.free.has(id)).slice(0, FREED);
  for (let at = 0; at < doubtful.length; at += LOT)
    last = await round(store, device, doubtful.slice(at, at + LOT));
  // Only now: who dies in between doubts again.
  await store.keep('seen', last.seen);
  return last;
}

/** Whether a log can't be the one seen before, grown: the server was set back to an older state. */
function isCut(before: Seen | undefined, now: Seen): boolean {
  return (
    before !== undefined && (now.size < before.size || (now.size === before.size && now.hash !== before.hash))
  );
}

type Seen = StatusAnswer['seen'];

export interface Said {
  moments: Moments;
  seen: Seen;
  /** Received items that may go once the server has said again that it has them. */
  free: Set<string>;
}

async function round(store: Store, device: DeviceRow, some: ItemRow[]): Promise<Said> {
  const held = await store.itemsIn('recording', 'sealed', 'committed', 'sending', 'received', 'refused');
  const holds = {
    items: held.length,
    bytes: held.reduce((sum, { head, body }) => sum + head.size + body.size, 0),
  };
  await beginHolding(
    store,
    held.filter(({ state }) => state === 'received'),
  );
  const { answer, ...moments } = await ask<StatusAnswer>('/api/status', {
    token: device.token,
    body: { ids: some.map(({ id }) => id), holds },
  });
  const confirmed = new Set<string>();
  for (const row of some) {
    const said = answer.items[row.id];
    if (!said) continue;
    if (row.state === 'received') {
      if (await stillThere(store, device, row, said.receipt, answer.seen.size)) confirmed.add(row.id);
    } else if (said.receipt !== null && row.state !== 'recording')
      await takeReceipt(store, device, row, said.receipt);
    else if (said.offset !== row.sent || said.upload !== row.upload) {
      await store.change(row.id, () => ({ sent: said.offset ?? 0, upload: said.upload }));
    }
  }
  if (answer.backup && (await store.kept('backedUp')) !== device.server)
    await store.keep('backedUp', device.server);
  const backups = {
    backup: answer.backup,
    backedUpTo: answer.backed_up_to,
    time: answer.time,
    backedUpOnce: (await store.kept('backedUp')) === device.server,
  };
  const free = await release(store, backups, confirmed);
  return { moments: { time: answer.time, ...moments }, seen: answer.seen, free };
}

/** Whether a received item's receipt is the one the server gives now. One that it has lost is sent again, from the
 *  first word: after a restore, what came since the backup is not there. */
async function stillThere(
  store: Store,
  device: DeviceRow,
  row: ItemRow,
  receipt: string | null,
  entries: number,
): Promise<boolean> {
  if (receipt !== null && receipt === row.receipt && row.logIndex !== null && row.logIndex < entries)
    return true;
  // Another receipt for the same bytes is as good, but counts from the next round on.
  if (receipt !== null && receipt !== row.receipt) {
    if (await takeReceipt(store, device, row, receipt))
      await store.change(row.id, () => ({ heldSince: heldNow() }));
    return false;
  }
  await store.change(row.id, ({ state }) =>
    state !== 'received'
      ? null
      : {
          ...{ state: 'sealed', commitment: null, sent: 0, upload: null, tail: 0 },
          ...{ receipt: null, receivedAt: null, logIndex: null, heldSince: null },
        },
  );
  return false;
}

/** Counts the days from here on, also where the phone's clock was set back since: then from the beginning. */
async function beginHolding(store: Store, received: ItemRow[]): Promise<void> {
  const now = heldNow();
  for (const row of received)
    if (!row.heldSince || heldFor(row.heldSince, now) < 0) {
      row.heldSince = now;
      await store.change(row.id, () => ({ heldSince: now }));
    }
}

/** Lets go of what was confirmed in this very answer. @returns ids of what may go once it is */
async function release(store: Store, said: Backups, confirmed: Set<string>): Promise<Set<string>> {
  const policy = (await store.kept('release')) ?? 'covered';
  const now = heldNow();
  const may = (await store.itemsIn('received')).filter((row) => mayRelease(row, policy, said, now));
  const free = may.filter(({ id }) => confirmed.has(id)).slice(0, FREED);
  if (free.length > 0) {
    const ids = free.map(({ id }) => id);
    // Said and marked in one step; what a crash leaves of the bytes is swept at the next start.
    await new Statements(store).add('temoin-deletion', { ids, why: 'released' }, ids, async (tx) => {
      for (const id of ids) {
        const row = await tx.objectStore('items').get(id);
        if (row) await tx.objectStore('items').put({ ...row, state: 'released' });
      }
    });
    for (const row of free) await removeSealed(store, row);
  }
  return new Set(may.filter(({ id }) => !confirmed.has(id)).map(({ id }) => id));
}
