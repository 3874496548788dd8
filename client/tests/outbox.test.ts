import { Decrypter } from 'age-encryption';
import { beforeEach, describe, expect, test } from 'vitest';
import { readJws } from '../lib/jws';
import { Statements } from '../lib/statements';
import type { Store } from '../lib/store';
import { Sender } from '../outbox/sender';
import { film, noise, note, OBSERVATION, phone } from './support/phone';
import './support/browserlike';
import { FakeServer, refuse } from './support/server';

let server: FakeServer;
let here: Awaited<ReturnType<typeof phone>>;

beforeEach(async () => {
  server = await FakeServer.make();
  here = await phone(server);
  server.calls = [];
});

const states = async (store: Store) => (await store.items()).map(({ state }) => state).sort();
const paths = () => server.calls.map(({ method, path }) => `${method} ${path.replace(/\d+$/, 'n')}`);

async function chain(): Promise<{ seq: number; prev: string | null; jws: string }[]> {
  return server.statements.map(({ says, jws }) => ({
    seq: says.seq as number,
    prev: says.prev as string | null,
    jws,
  }));
}

describe('sending', () => {
  test('commitments of everything go first, five to a request of 3 kB, then entries, then media by size', async () => {
    const large = await film(here.depot, 400_000);
    const small = await film(here.depot, 1000);
    for (let i = 0; i < 8; i++) await here.depot.entry(note(`entry ${i}`));
    await here.sender.drain();
    expect(await states(here.store)).toEqual(Array(10).fill('received'));
    const first = server.calls.findIndex(({ path }) => path.startsWith('/api/files'));
    const declared = server.calls.slice(0, first).filter(({ path }) => path === '/api/statements');
    expect(declared).toHaveLength(2);
    for (const { size } of declared) expect(size).toBeLessThanOrEqual(3000);
    const order = [...server.uploads.values()].map(({ item }) => item);
    expect(order.slice(8)).toEqual([small, large]);
    const opened = new Decrypter();
    opened.addIdentity(server.custodyIdentity);
    const entry = JSON.parse(
      await opened.decrypt(server.item(order[0] ?? '')?.bytes ?? new Uint8Array(), 'text'),
    );
    expect(entry.data.text).toMatch(/^entry/);
  });

  test('statements form one chain, also when several parts of the app sign at once', async () => {
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        new Statements(here.store).add('temoin-deletion', { ids: [`${i}`.repeat(32)], why: 'person' }, []),
      ),
    );
    await here.sender.drain();
    const said = await chain();
    expect(said.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    const rows = await here.store.read(['statements'], (tx) => tx.objectStore('statements').getAll());
    for (const { seq, prev } of said) expect(prev).toBe(rows.find((row) => row.seq === seq - 1)?.hash);
  });

  test('a broken line: goes on at the offset that the server has, nothing twice', async () => {
    const id = await film(here.depot, 900_000);
    let sent = 0;
    // Every second part arrives by half, and the answer is lost.
    server.trouble = async (method, path, headers, body) => {
      if (method !== 'PATCH') return null;
      sent++;
      if (sent % 2 === 1) return null;
      await server.answer(method, path, headers, body.subarray(0, body.length >> 1));
      return new TypeError('cut');
    };
    for (let i = 0; i < 30 && (await here.store.item(id))?.state !== 'received'; i++)
      await here.sender.drain().catch(() => undefined);
    const row = await here.store.item(id);
    expect(row?.state).toBe('received');
    expect(server.item(id)?.bytes.length).toBe((row?.head.size ?? 0) + (row?.body.size ?? 0));
    const bytes = server.calls
      .filter(({ method }) => method === 'PATCH')
      .reduce((sum, { size }) => sum + size, 0);
    // The half that was cut off is all that goes twice.
    expect(bytes).toBeLessThan((row?.body.size ?? 0) * 1.6);
  });

  test('the answer to the last part is lost: the receipt comes with the next question', async () => {
    await here.depot.entry(note('once'));
    server.trouble = async (method, path, headers, body) => {
      if (method !== 'POST' || path !== '/api/files') return null;
      await server.answer(method, path, headers, body);
      return new TypeError('cut');
    };
    await expect(here.sender.drain()).rejects.toThrow();
    server.trouble = () => null;
    await new Sender(here.store).drain();
    expect(await states(here.store)).toEqual(['received']);
    expect(server.uploads.size).toBe(1);
  });

  test('damaged on the way: sent once more from the start', async () => {
    const id = await film(here.depot, 300_000);
    let damaged = false;
    server.trouble = (method, _path, _headers, body) => {
      if (method === 'PATCH' && !damaged) {
        damaged = true;
        body[500] = (body[500] ?? 0) ^ 1;
      }
      return null;
    };
    for (let i = 0; i < 5; i++) await here.sender.drain().catch(() => undefined);
    expect(damaged).toBe(true);
    expect((await here.store.item(id))?.state).toBe('received');
  });

  test('a statement damaged on the way goes again: the item is attested all the same', async () => {
    const id = await film(here.depot, 5000);
    let damaged = 0;
    server.trouble = (_method, path) =>
      path === '/api/statements' && damaged++ < 2
        ? Response.json({ results: [{ error: { code: 'bad-signature' } }], time: Date.now() })
        : null;
    await here.sender.drain();
    expect((await here.store.item(id))?.state).toBe('received');
    expect(server.statements.filter(({ typ }) => typ === 'temoin-commitment')).toHaveLength(1);
  });

  test('its first bytes damaged on the way: tried once more, then it stands still and says so', async () => {
    const [once, always] = [await film(here.depot, 5000), await film(here.depot, 300_000)];
    let refused = 0;
    server.trouble = (method, path, headers) => {
      const large = Number(headers.get('Upload-Length')) > 100_000 || method === 'PATCH';
      if (!path.startsWith('/api/files') || (!large && refused++ > 0)) return null;
      return refuse(415, 'not-age');
    };
    for (let i = 0; i < 4; i++) await new Sender(here.store).drain().catch(() => undefined);
    expect((await here.store.item(once))?.state).toBe('received');
    expect(await here.store.item(always)).toMatchObject({ state: 'refused', problem: 'not-age' });
  });

  test('a server that stores other bytes is believed in nothing: the copy stays, and the item says why', async () => {
    const id = await film(here.depot, 1000);
    server.trouble = (_method, path, _headers, body) => {
      if (path.startsWith('/api/files') && body.length > 600) body[600] = (body[600] ?? 0) ^ 1;
      return null;
    };
    for (let i = 0; i < 5; i++) await here.sender.drain().catch(() => undefined);
    expect(await here.store.item(id)).toMatchObject({ state: 'refused', problem: 'differs', receipt: null });
    server.backup = true;
    server.backedUpTo = 1000;
    await new Sender(here.store).drain();
    expect((await here.store.item(id))?.state).toBe('refused');
  });

  test('a receipt that the pinned server key did not sign makes nothing received', async () => {
    await here.depot.entry(note('kept'));
    server.signer = server.stranger();
    // Sends, asks, and then leaves the item alone: it does not ask for ever.
    for (let i = 0; i < 3; i++) await here.sender.drain().catch(() => undefined);
    const [row] = await here.store.items();
    expect(row?.state).not.toBe('received');
    expect(row?.problem).toBe('bad-receipt');
  });

  test('revoked: sending stops, everything sealed stays, and a new enrolment hands it over by name', async () => {
    const id = await film(here.depot, 5000);
    const old = await here.enrolment.current();
    server.trouble = (_method, path) =>
      path === '/api/enrol' || path === '/api/time' ? null : refuse(401, 'revoked');
    const stop = new AbortController();
    const running = here.sender.run(stop.signal);
    await expect.poll(async () => (await here.enrolment.current())?.revoked).toBe(true);
    expect((await here.enrolment.current())?.ended).toContain('revoked');
    expect((await here.store.item(id))?.state).toBe('sealed');
    server.trouble = () => null;
    const again = await here.enrolment.redeem(server.invitation);
    expect(again).toMatchObject({ revoked: false, ended: null });
    expect(again.device).not.toBe(old?.device);
    await expect.poll(() => states(here.store)).toEqual(['received']);
    stop.abort();
    await running;
    const handover = server.statements.find(({ typ }) => typ === 'temoin-handover');
    expect(handover?.says).toMatchObject({ from: old?.device, ids: [id], dev: again.device, seq: 1 });
  });

  test.each([
    ['disk-full', 507, 'server'],
    ['quota', 413, 'share'],
    ['too-many', 429, 'wait'],
  ])('%s: a sentence, and nothing is lost', async (code, status, word) => {
    const id = await film(here.depot, 5000);
    server.trouble = (_method, path) => (path.startsWith('/api/files') ? refuse(status, code) : null);
    await expect(here.sender.drain()).rejects.toThrow();
    const [item] = await here.depot.items();
    expect(item?.problem ?? '').toContain(status === 507 ? '' : word);
    server.trouble = () => null;
    await here.sender.drain();
    expect((await here.store.item(id))?.state).toBe('received');
  });

  test('too large for the server: this item stands still with a sentence, the others go', async () => {
    const id = await film(here.depot, 400_000);
    const small = await film(here.depot, 1000);
    server.trouble = (method, path, headers) =>
      method === 'POST' && path === '/api/files' && Number(headers.get('Upload-Length')) > 300_000
        ? refuse(413, 'too-large')
        : null;
    await here.sender.drain();
    expect((await here.store.item(small))?.state).toBe('received');
    expect(await here.store.item(id)).toMatchObject({ state: 'refused', problem: 'too-large' });
    expect((await here.depot.items()).find((item) => item.id === id)?.problem).toContain(
      'larger than the server takes',
    );
  });

  test('mode "press": nothing by itself, all of it after a press', async () => {
    await here.store.keep('mode', 'press');
    await here.depot.entry(note('waits'));
    const stop = new AbortController();
    const running = here.sender.run(stop.signal);
    const { notify } = await import('../lib/notices');
    notify('kick');
    await new Promise((done) => setImmediate(done));
    expect(server.calls).toEqual([]);
    notify('pressed');
    await expect.poll(() => states(here.store)).toEqual(['received']);
    stop.abort();
    await running;
  });

  test('live: bytes go up while it records, the rest and the length after the stop', async () => {
    const recording = await here.depot.start('film', {
      observation: OBSERVATION,
      mime: 'video/webm',
      trial: false,
    });
    for (let i = 0; i < 3; i++) {
      await recording.write(noise(150_000));
      await here.sender.drain();
    }
    const upload = server.item(recording.item);
    expect(upload?.length).toBeNull();
    expect(upload?.bytes.length).toBeGreaterThan(300_000);
    await recording.finish();
    await here.sender.drain();
    expect((await here.store.item(recording.item))?.state).toBe('received');
    expect(paths().filter((path) => path === 'POST /api/files')).toHaveLength(1);
  });

  test('cut by a crash: committed as cut, the tail goes before the last byte', async () => {
    const recording = await here.depot.start('sound', {
      observation: OBSERVATION,
      mime: 'audio/webm',
      trial: false,
    });
    const slices = [noise(70_000), noise(3000)];
    for (const slice of slices) await recording.write(slice.slice());
    // The page dies here: its lock goes, its row says "recording".
    const { SealedDepot } = await import('../lib/depot');
    const { sealerHere } = await import('./support/phone');
    const { itemLock } = await import('../lib/protocol');
    const locks = navigator.locks as unknown as {
      request: (name: string, ...rest: unknown[]) => Promise<unknown>;
    };
    const request = locks.request.bind(locks);
    locks.request = (name, ...rest) =>
      request(name === itemLock(recording.item) ? `${name}-after` : name, ...rest);
    const depot = new SealedDepot(here.store, sealerHere(here.store));
    expect((await depot.recover()).map(({ id, cut }) => [id, cut])).toEqual([[recording.item, true]]);
    await expect.poll(async () => (await here.store.item(recording.item))?.body.sha256).not.toBeNull();
    await here.sender.drain();
    locks.request = request;
    expect(await here.store.item(recording.item)).toMatchObject({ state: 'received', cut: true });
    const commitment = server.statements.find(({ typ }) => typ === 'temoin-commitment');
    expect(commitment?.says).toMatchObject({ items: [{ id: recording.item, cut: true }] });
    const [tail] = server.tails(recording.item);
    const order = [...server.uploads.values()].map((upload) => upload.tail !== null);
    expect(order).toEqual([true, false]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(server.intakeIdentity);
    const plain = await decrypter.decrypt(tail?.bytes ?? new Uint8Array());
    const whole = Buffer.concat(slices);
    const offset = Number(Buffer.from(plain).readBigUInt64BE(16));
    expect(Buffer.from(plain.subarray(24))).toEqual(whole.subarray(offset));
  });
});

describe('letting go', () => {
  test('only after a backup covers the receipt; then the bytes go and a signed statement says so', async () => {
    const id = await film(here.depot, 5000);
    await here.sender.drain();
    server.backup = true;
    await new Sender(here.store).drain();
    expect((await here.store.item(id))?.state).toBe('received');
    server.backedUpTo = 1 + ((await here.store.item(id))?.logIndex ?? 0);
    await new Sender(here.store).drain();
    expect((await here.store.item(id))?.state).toBe('released');
    expect(await here.store.read(['bytes'], (tx) => tx.objectStore('bytes').count())).toBe(0);
    expect(server.statements.at(-1)).toMatchObject({
      typ: 'temoin-deletion',
      says: { ids: [id], why: 'released' },
    });
  });

  test('a removal by a person leaves a signed statement', async () => {
    const entry = note('gone');
    await here.depot.entry(entry);
    await here.depot.remove(entry.id);
    expect(await here.depot.items()).toEqual([]);
    await here.sender.drain();
    const [statement] = server.statements;
    expect(statement?.says).toMatchObject({ ids: [entry.id], why: 'person', seq: 1 });
    const device = server.devices.get(server.device);
    await expect(
      readJws(statement?.jws, { typ: 'temoin-deletion', kid: server.device, key: device?.key as JsonWebKey }),
    ).resolves.toBeTruthy();
  });
});
