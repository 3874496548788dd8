/** Says, signed, which items of other enrolments this phone sends from now on: before anything else of them goes. */
import { Statements } from '../lib/statements';
import type { DeviceRow, Store } from '../lib/store';

/** Ids of one statement: it then stays under 3 kB. */
const IDS = 50;

/** What was sealed under an enrolment before this one, or came in an outbox file. Quiet when there is nothing to say. */
export async function handOver(store: Store, device: DeviceRow): Promise<void> {
  const before = new Map<string, string[]>();
  const former = await store.kept('former');
  // Even when nothing waits: a note added later belongs to an observation of the enrolment before.
  if (former !== undefined) before.set(former, []);
  for (const row of await store.itemsIn('recording', 'sealed', 'committed', 'sending')) {
    if (row.origin === '' || row.origin === device.device || row.heldBy === device.device) continue;
    before.set(row.origin, [...(before.get(row.origin) ?? []), row.id]);
  }
  for (const [from, ids] of before)
    for (let at = 0; at === 0 || at < ids.length; at += IDS)
      await say(store, device, from, ids.slice(at, at + IDS));
}

async function say(store: Store, device: DeviceRow, from: string, ids: string[]): Promise<void> {
  await new Statements(store).add('temoin-handover', { from, ids }, ids, async (tx) => {
    for (const id of ids) {
      const row = await tx.objectStore('items').get(id);
      if (row) await tx.objectStore('items').put({ ...row, heldBy: device.device });
    }
    const kept = tx.objectStore('kept');
    if ((await kept.get('former')) === from) await kept.delete('former');
  });
}
