import { openDB } from 'idb';
import { expect, test } from 'vitest';
import './support/browserlike';
import { newRow, STEPS, type Step, Store } from '../lib/store';

const row = (id: string) =>
  newRow({
    id,
    kind: 'entry',
    observation: 'o',
    trial: false,
    startedAt: 1,
    state: 'sealed',
    medium: 'idb',
    head: { size: 1, sha256: 'h' },
    body: { size: 2, sha256: 'b' },
    vault: null,
  });

async function filled(store: Store): Promise<void> {
  await store.write(['items', 'bytes', 'statements', 'kept'], async (tx) => {
    await tx.objectStore('items').add(row('a'));
    await tx.objectStore('bytes').add({ file: 'a.entry', at: 0, bytes: new Uint8Array([1, 2, 3]) });
    await tx.objectStore('statements').add({
      device: 'd',
      seq: 0,
      typ: 't',
      jws: 'j',
      hash: 'h',
      items: [],
      state: 'accepted',
      receipt: null,
    });
    await tx.objectStore('kept').put('press', 'mode');
  });
}

async function everything(store: Store): Promise<unknown[]> {
  return await store.read(['items', 'bytes', 'statements', 'kept'], async (tx) => {
    const [items, bytes, statements] = [
      await tx.objectStore('items').getAll(),
      await tx.objectStore('bytes').getAll(),
      await tx.objectStore('statements').getAll(),
    ];
    return [
      items,
      bytes.map((one) => [one.file, one.at, [...one.bytes]]),
      statements,
      await tx.objectStore('kept').get('mode'),
    ];
  });
}

// From each released version to the newest, and one beyond: the step that somebody will add next must find all of this.
test.each(STEPS.map((_step, i) => i + 1))(
  'version %i with data in it opens in the newest, nothing lost',
  async (version) => {
    const old = new Store('upgrade', STEPS.slice(0, version));
    await filled(old);
    const before = await everything(old);
    await old.close();
    const next: Step = async (_db, tx) => {
      for (const item of await tx.objectStore('items').getAll())
        await tx.objectStore('items').put({ ...item, problem: 'seen by the step' });
    };
    const newer = new Store('upgrade', [...STEPS, next]);
    const after = await everything(newer);
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(after[0]).toEqual(
      (before[0] as object[]).map((item) => ({ ...item, problem: 'seen by the step' })),
    );
  },
);

test('an upgrade in another tab is not held up', async () => {
  const old = new Store('blocked', STEPS);
  await filled(old);
  const newer = new Store('blocked', [...STEPS, () => undefined]);
  expect((await newer.items()).length).toBe(1);
});

test('a write that fails halfway leaves nothing of it', async () => {
  const store = new Store();
  await expect(
    store.write(['items', 'bytes'], async (tx) => {
      await tx.objectStore('items').add(row('x'));
      throw new Error('halfway');
    }),
  ).rejects.toThrow('halfway');
  expect(await store.items()).toEqual([]);
});

test('closed underneath, it opens again and goes on', async () => {
  const store = new Store('closing');
  await filled(store);
  const close = IDBDatabase.prototype.transaction;
  let failures = 0;
  IDBDatabase.prototype.transaction = function (...args) {
    if (failures++ === 0) this.close();
    return close.apply(this, args);
  };
  try {
    await store.change('a', () => ({ sent: 2 }));
  } finally {
    IDBDatabase.prototype.transaction = close;
  }
  expect((await store.item('a'))?.sent).toBe(2);
  expect(failures).toBeGreaterThan(1);
});

test('a change names its item: gone is gone', async () => {
  const store = new Store();
  expect(await store.change('nobody', () => ({ sent: 1 }))).toBeUndefined();
  expect(await store.items()).toEqual([]);
});

test('the schema is what the steps make', async () => {
  await new Store('shape').items();
  const db = await openDB('shape');
  expect([...db.objectStoreNames].sort()).toEqual(['bytes', 'items', 'kept', 'statements']);
  db.close();
});

test('items by state: each once, none of the others', async () => {
  const store = new Store();
  await store.write(['items'], async (tx) => {
    for (const [id, state] of [
      ['a', 'sealed'],
      ['b', 'released'],
      ['c', 'received'],
      ['d', 'sealed'],
    ] as const)
      await tx.objectStore('items').put({ ...row(id), state });
  });
  expect((await store.itemsIn('sealed', 'received')).map(({ id }) => id)).toEqual(['a', 'd', 'c']);
});
