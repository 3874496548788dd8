/** Asking the server what it has, and letting go of what is safe. */
import { ask } from '../lib/api';
import { removeSealed } from '../lib/files';
import { mayRelease } from '../lib/release';
import { Statements } from '../lib/statements';
import type { DeviceRow, Store } from '../lib/store';
import { takeReceipt } from './deliver';

const IDS = 200;

interface StatusAnswer {
  items: Record<string, { offset: number | null; upload: string | null; receipt: string | null }>;
  backed_up_to: number;
  backup: boolean;
  seen: { size: number; hash: string };
  time: number;
}

/** Offsets, receipts and backups. Also tells the server what this phone still holds. @throws Unreachable, Refused */
export async function askStatus(store: Store, device: DeviceRow) {
  const held = await store.itemsIn('recording', 'sealed', 'committed', 'sending', 'received', 'refused');
  const holds = {
    items: held.length,
    bytes: held.reduce((sum, { head, body }) => sum + head.size + body.size, 0),
  };
  const waiting = held.filter(({ state }) => state !== 'received' && state !== 'refused');
  let last: { time: number; sent: Moment; received: Moment } | undefined;
  // At least once, with no ids: the server then still learns what we hold, and we what is backed up.
  for (let at = 0; at === 0 || at < waiting.length; at += IDS) {
    const some = waiting.slice(at, at + IDS);
    const { answer, sent, received } = await ask<StatusAnswer>('/api/status', {
      token: device.token,
      body: { ids: some.map(({ id }) => id), holds },
    });
    for (const row of some) {
      const said = answer.items[row.id];
      if (!said) continue;
      if (said.receipt !== null && row.state !== 'recording')
        await takeReceipt(store, device, row, said.receipt);
      else if (said.offset !== row.sent || said.upload !== row.upload) {
        await store.change(row.id, () => ({ sent: said.offset ?? 0, upload: said.upload }));
      }
    }
    await store.keep('seen', answer.seen);
    await release(store, { backup: answer.backup, backedUpTo: answer.backed_up_to, time: answer.time });
    last = { time: answer.time, sent, received };
  }
  return last;
}

type Moment = { wall: number; mono: number };

async function release(store: Store, said: Parameters<typeof mayRelease>[2]): Promise<void> {
  const policy = (await store.kept('release')) ?? 'covered';
  const free = (await store.itemsIn('received')).filter((row) => mayRelease(row, policy, said)).slice(0, 100);
  if (free.length === 0) return;
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
