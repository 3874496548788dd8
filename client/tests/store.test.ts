import { openDB } from 'idb';
import { expect, test } from 'vitest';
import './support/browserlike';
import { SealedDepot } from '../lib/depot';
import { PhoneEnrolment } from '../lib/enrol';
import { newRow, STEPS, type Step, Store } from '../lib/store';
import { Sender } from '../outbox/sender';
import { film, note, sealerHere } from './support/phone';
import { FakeServer } from './support/server';

const row = (id: string) =>
  newRow({
    id,
    kind: 'entry',
    observation: 'o',
    trial: false,
    startedAt: 1,
    state: 'sealed',
    medium: 'idb',
    origin: 'd',
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

/** A store as the first shipped version left it: never change this, it lies on phones. */
const FIRST = {
  items: [
    {
      ...{
        id: 'a1',
        kind: 'entry',
        observation: 'o1',
        trial: false,
        startedAt: 1,
        state: 'sealed',
        cut: false,
      },
      ...{
        medium: 'idb',
        head: { size: 300, sha256: 'h' },
        body: { size: 2, sha256: 'b' },
        sent: 0,
        upload: null,
      },
      ...{
        tail: 0,
        commitment: null,
        receipt: null,
        receivedAt: null,
        logIndex: null,
        vault: null,
        problem: null,
      },
    },
    {
      ...{
        id: 'a2',
        kind: 'film',
        observation: 'o1',
        trial: false,
        startedAt: 2,
        state: 'sending',
        cut: true,
      },
      ...{ medium: 'opfs', head: { size: 300, sha256: 'h' }, body: { size: 9, sha256: 'b' }, sent: 4 },
      ...{
        upload: '/api/files/1',
        tail: 3,
        commitment: 'c',
        receipt: null,
        receivedAt: null,
        logIndex: null,
      },
      ...{ vault: 'age1own', problem: 'disk-full' },
    },
    {
      ...{
        id: 'a3',
        kind: 'photo',
        observation: 'o1',
        trial: true,
        startedAt: 3,
        state: 'received',
        cut: false,
      },
      ...{ medium: 'opfs', head: { size: 300, sha256: 'h' }, body: { size: 9, sha256: 'b' }, sent: 309 },
      ...{ upload: '/api/files/2', tail: 0, commitment: 'c', receipt: 'r', receivedAt: 4, logIndex: 5 },
      ...{ vault: null, problem: null },
    },
  ],
  bytes: [{ file: 'a1.entry', at: 0, bytes: new Uint8Array([1, 2, 3]) }],
  statements: [
    {
      device: 'd',
      seq: 0,
      typ: 'temoin-enrolment',
      jws: 'j',
      hash: 'h',
      items: [],
      state: 'accepted',
      receipt: null,
    },
    {
      device: 'd',
      seq: 1,
      typ: 'temoin-commitment',
      jws: 'k',
      hash: 'c',
      items: ['a2'],
      state: 'waiting',
      receipt: null,
    },
  ],
  kept: { device: { device: 'd', token: 't', server: 's' }, mode: 'press', seen: { size: 3, hash: 'x' } },
};

test('the first shipped version, with data in it, opens in the newest: nothing lost, and each item knows whose it is', async () => {
  const old = await openDB('first', 1, {
    upgrade: (db, _from, _to, tx) => STEPS[0]?.(db as never, tx as never),
  });
  const tx = old.transaction(['items', 'bytes', 'statements', 'kept'], 'readwrite');
  for (const item of FIRST.items) await tx.objectStore('items').add(item);
  for (const one of FIRST.bytes) await tx.objectStore('bytes').add(one);
  for (const one of FIRST.statements) await tx.objectStore('statements').add(one);
  for (const [key, value] of Object.entries(FIRST.kept)) await tx.objectStore('kept').put(value, key);
  await tx.done;
  old.close();
  const store = new Store('first');
  expect(await store.items()).toEqual(FIRST.items.map((item) => ({ ...item, origin: 'd', heldBy: null })));
  const [, bytes, statements] = await everything(store);
  expect(bytes).toEqual([['a1.entry', 0, [1, 2, 3]]]);
  expect(statements).toEqual(FIRST.statements);
  for (const [key, value] of Object.entries(FIRST.kept))
    expect(await store.kept(key as 'mode')).toEqual(value);
});

// From each later version to the newest, and one beyond: the step that somebody will add next must find all of this.
test.each(STEPS.map((_step, i) => i + 1).slice(1))(
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

test('what the first version sealed and did not send, the newest sends', async () => {
  const server = await FakeServer.make();
  server.install();
  const old = new Store('temoin', STEPS.slice(0, 1));
  await (await PhoneEnrolment.open(old)).redeem(server.invitation);
  const depot = new SealedDepot(old, sealerHere(old));
  await depot.entry(note('from before the update'));
  await film(depot, 200_000);
  await old.write(['items'], async (tx) => {
    for (const { origin: _origin, heldBy: _heldBy, ...row } of await tx.objectStore('items').getAll())
      await tx.objectStore('items').put(row as never);
  });
  await old.close();
  const store = new Store('temoin');
  await new Sender(store).drain();
  expect((await store.items()).map(({ state }) => state)).toEqual(['received', 'received']);
  expect(server.statements.filter(({ typ }) => typ === 'temoin-handover')).toEqual([]);
});

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
