import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Decrypter } from 'age-encryption';
import { beforeEach, describe, expect, test } from 'vitest';
import './support/browserlike';
import type { DeviceRow } from '../lib/store';
import { BadTar, type Part, tar, untar } from '../lib/tar';
import { LIST, type Packed, pack } from '../outbox/pack';
import { BadOutboxFile, unpack } from '../outbox/unpack';
import { film, noise, note, OBSERVATION, phone } from './support/phone';
import { FakeServer, refuse } from './support/server';

const run = promisify(execFile);
let server: FakeServer;

beforeEach(async () => {
  server = await FakeServer.make();
});

async function parts(file: Blob): Promise<Part[]> {
  const all: Part[] = [];
  for await (const part of untar(file)) all.push(part);
  return all;
}

async function listOf(file: Blob): Promise<Packed> {
  return JSON.parse((await (await parts(file))[0]?.bytes.text()) ?? '') as Packed;
}

async function packed(here: { store: Parameters<typeof pack>[0] }): Promise<Blob> {
  const made = await pack(here.store);
  if (!made) throw new Error('nothing was packed');
  return made.file;
}

type Here = Awaited<ReturnType<typeof phone>>;

async function device(here: Here): Promise<DeviceRow> {
  return (await here.store.kept('device')) as DeviceRow;
}

async function bring(here: Here, file: Blob) {
  return await unpack(here.store, here.sealer, await device(here), file);
}

describe('tar', () => {
  const some = [
    { name: 'first.json', bytes: new Blob(['{}']) },
    { name: `${'a'.repeat(32)}.tail.age`, bytes: new Blob([noise(1025) as Uint8Array<ArrayBuffer>]) },
    { name: 'empty', bytes: new Blob([]) },
    { name: 'block', bytes: new Blob([noise(512) as Uint8Array<ArrayBuffer>]) },
  ];

  test('what it writes stock tar reads, and the other way round', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'temoin-tar-'));
    try {
      const ours = join(folder, 'ours.tar');
      await writeFile(ours, Buffer.from(await tar(some).arrayBuffer()));
      await run('tar', ['-xf', ours, '-C', folder]);
      for (const { name, bytes } of some)
        expect(await readFile(join(folder, name))).toEqual(Buffer.from(await bytes.arrayBuffer()));
      const names = some.map(({ name }) => name);
      await run('tar', ['--format=ustar', '-cf', join(folder, 'stock.tar'), '-C', folder, ...names]);
      const back = await parts(new Blob([await readFile(join(folder, 'stock.tar'))]));
      expect(back.map(({ name, bytes }) => [name, bytes.size])).toEqual(
        some.map(({ name, bytes }) => [name, bytes.size]),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('cut or altered anywhere in its heads, it is refused', async () => {
    const whole = new Uint8Array(await tar(some).arrayBuffer());
    for (const size of [0, 100, 512, 513, 1024 + 511, whole.length - 1024])
      await expect(parts(new Blob([whole.slice(0, size)]))).rejects.toBeInstanceOf(BadTar);
    for (const at of [0, 124, 148, 257]) {
      const altered = whole.slice();
      altered[at] = 0x41;
      await expect(parts(new Blob([altered]))).rejects.toBeInstanceOf(BadTar);
    }
  });
});

describe('an outbox file', () => {
  test('everything unsent goes to another phone, which sends it under its own name, naming the old one', async () => {
    const old = await phone(server);
    await old.depot.entry(note('never sent'));
    const id = await film(old.depot, 300_000);
    const from = (await device(old)).device;
    server.trouble = (_method, path) =>
      path === '/api/enrol' || path === '/api/time' ? null : refuse(401, 'revoked');
    await old.sender.drain().catch(() => undefined);
    const file = await packed(old);
    server.trouble = () => null;

    const other = await phone(server, 'other');
    const own = await film(other.depot, 1000);
    expect(await bring(other, file)).toEqual({ taken: 2, known: 0, damaged: 0 });
    expect(await bring(other, file)).toEqual({ taken: 0, known: 2, damaged: 0 });
    await other.sender.drain();
    expect((await other.store.items()).map(({ state }) => state)).toEqual([
      'received',
      'received',
      'received',
    ]);
    const before = await old.store.item(id);
    const sent = server.item(id)?.bytes;
    expect(sent?.length).toBe(Number(before?.head.size) + Number(before?.body.size));
    const to = (await device(other)).device;
    const said = server.statements.map(({ typ, says }) => [typ, says.dev]);
    expect(said).toContainEqual(['temoin-handover', to]);
    // What the old phone signed of it came along, under its own key.
    expect(said).toContainEqual(['temoin-commitment', from]);
    const [handover] = server.statements.filter(({ typ }) => typ === 'temoin-handover');
    expect(handover?.says).toMatchObject({ from });
    expect(handover?.says.ids).toHaveLength(2);
    expect(handover?.says.ids).not.toContain(own);
  });

  test('custody opens it with stock tools; neither token nor key nor words are in it', async () => {
    const here = await phone(server);
    const words = 'canary-tH9wPq27Lm4Zx8Vb';
    await here.depot.entry(note(words));
    const file = await packed(here);
    const bytes = Buffer.from(await file.arrayBuffer());
    const { token, key } = await device(here);
    expect(bytes.includes(words)).toBe(false);
    expect(bytes.includes(token)).toBe(false);
    if (key instanceof Uint8Array) expect(bytes.includes(Buffer.from(key))).toBe(false);
    const sealed = (await parts(file))[1]?.bytes;
    const decrypter = new Decrypter();
    decrypter.addIdentity(server.custodyIdentity);
    const plain = await decrypter.decrypt(new Uint8Array((await sealed?.arrayBuffer()) ?? []), 'text');
    expect(plain).toContain(words);
  });

  test('a recording that was cut brings its tail', async () => {
    const old = await phone(server);
    const recording = await old.depot.start('film', {
      observation: OBSERVATION,
      mime: 'video/webm',
      trial: false,
    });
    await recording.write(noise(100_000));
    const id = recording.item;
    // As a page that died leaves it.
    const remains = await old.sealer.ask('progress', { item: id });
    await old.store.change(id, () => ({
      state: 'sealed',
      cut: true,
      body: remains ?? { size: 0, sha256: '' },
    }));
    const file = await packed(old);
    // Another phone is another browser: the first one's lock on the recording does not reach it.
    const Locks = navigator.locks.constructor as new () => LockManager;
    Object.assign(navigator, { locks: new Locks() });
    const other = await phone(server, 'other');
    expect((await bring(other, file)).taken).toBe(1);
    await other.sender.drain();
    expect((await other.store.item(id))?.state).toBe('received');
    expect(server.tails(id)).toHaveLength(1);
    expect(server.tails(id)[0]?.bytes.length).toBeGreaterThan(100_000 - 65_536);
  });

  test('one damaged item is named, the others are taken; taken again from a good file', async () => {
    const old = await phone(server);
    const [good, bad] = [await film(old.depot, 1000), await film(old.depot, 2000)];
    const file = await packed(old);
    const all = await parts(file);
    const hit = all.map(({ name, bytes }) =>
      name === `${bad}.age` ? { name, bytes: new Blob([bytes.slice(0, -1), 'x']) } : { name, bytes },
    );
    const other = await phone(server, 'other');
    expect(await bring(other, tar(hit))).toEqual({ taken: 1, known: 0, damaged: 1 });
    expect((await other.store.items()).map(({ id }) => id)).toEqual([good]);
    expect(await bring(other, file)).toEqual({ taken: 1, known: 1, damaged: 0 });
  });

  test('an interrupted copy is never taken for a recording, and is finished by the same file', async () => {
    const old = await phone(server);
    const id = await film(old.depot, 1000);
    const file = await packed(old);
    const other = await phone(server, 'other');
    const ask = other.sealer.ask.bind(other.sealer);
    other.sealer.ask = (async (verb: never, asked: never) => {
      if (verb === 'adopt') return await new Promise(() => undefined);
      return await ask(verb, asked);
    }) as typeof ask;
    void bring(other, file);
    await expect.poll(async () => (await other.store.item(id))?.problem).toBe('importing');
    other.sealer.ask = ask;
    expect(await other.depot.recover()).toEqual([]);
    expect(await bring(other, file)).toEqual({ taken: 1, known: 0, damaged: 0 });
    await other.sender.drain();
    expect((await other.store.item(id))?.state).toBe('received');
  });

  test('another organisation’s file, a cut one and anything else are refused', async () => {
    const old = await phone(server);
    await film(old.depot, 1000);
    const file = await packed(old);
    const elsewhere = await FakeServer.make();
    Object.assign(elsewhere, { id: 'f'.repeat(32) });
    const other = await phone(elsewhere, 'other');
    const refused = async (blob: Blob) => {
      const error = await bring(other, blob).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(BadOutboxFile);
      return (error as BadOutboxFile).code;
    };
    expect(await refused(file)).toBe('outbox-elsewhere');
    expect(await refused(file.slice(0, file.size - 2000))).toBe('not-outbox');
    expect(await refused(new Blob(['anything']))).toBe('not-outbox');
    const list = await listOf(file);
    const [item] = list.items;
    const strange = { ...list, items: [{ ...item, id: '../../x' }] };
    expect(await refused(tar([{ name: LIST, bytes: new Blob([JSON.stringify(strange)]) }]))).toBe(
      'not-outbox',
    );
    expect(await other.store.items()).toEqual([]);
  });

  test('nothing waits: no file', async () => {
    const here = await phone(server);
    expect(await pack(here.store)).toBeNull();
    await film(here.depot, 1000);
    await here.sender.drain();
    expect(await pack(here.store)).toBeNull();
  });
});
