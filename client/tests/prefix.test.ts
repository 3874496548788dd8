/** What is signed while a recording runs, and at its stop. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sha256 } from '../lib/bytes';
import type { Recording } from '../lib/contracts';
import { sealedBytes } from '../lib/files';
import { notify } from '../lib/notices';
import { Statements } from '../lib/statements';
import { noise, OBSERVATION, phone } from './support/phone';
import './support/browserlike';
import { FakeServer, refuse } from './support/server';

let server: FakeServer;
let here: Awaited<ReturnType<typeof phone>>;
let film: Recording;

beforeEach(async () => {
  server = await FakeServer.make();
  here = await phone(server);
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  film = await here.depot.start('film', { observation: OBSERVATION, mime: 'video/webm', trial: false });
});
afterEach(() => vi.useRealTimers());

/** A slice now, and `seconds` of nothing before it. */
async function slice(seconds: number, size = 100_000): Promise<void> {
  vi.advanceTimersByTime(seconds * 1000);
  await film.write(noise(size));
}

interface Said {
  id: string;
  head: { size: number; sha256: string };
  body: { size: number; sha256: string };
}

const prefixes = () =>
  server.statements.filter(({ typ }) => typ === 'temoin-prefix').map(({ says }) => says.item as Said);
const waiting = async () => (await new Statements(here.store).waiting()).map(({ typ }) => typ);

test('every ten seconds, with size and hash of exactly the bytes that lie there', async () => {
  for (const expected of [1, 2, 3]) {
    for (let second = 0; second < 9; second++) await slice(1);
    expect(await waiting()).toEqual([]);
    await slice(1);
    await expect.poll(waiting).toEqual(['temoin-prefix']);
    await here.sender.drain();
    expect(prefixes()).toHaveLength(expected);
  }
  const row = await here.store.item(film.item);
  if (!row) throw new Error('the film has no row');
  const sizes = prefixes().map(({ body }) => body.size);
  expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
  for (const { id, head, body } of prefixes()) {
    const bytes = await sealedBytes(here.store, row, head.size, head.size + body.size);
    expect([id, head, body.sha256]).toEqual([film.item, row.head, await sha256(bytes)]);
  }
});

test('a clock that is set back does not silence it', async () => {
  vi.setSystemTime(Date.now() - 86_400_000);
  await slice(10);
  await expect.poll(waiting).toEqual(['temoin-prefix']);
});

test('without a line one waits and no heap of them; the next once it was answered', async () => {
  server.trouble = () => new TypeError('no line');
  await expect(here.sender.drain()).rejects.toThrow();
  for (let i = 0; i < 30; i++) await slice(10);
  await expect.poll(waiting).toEqual(['temoin-prefix']);
  server.trouble = () => null;
  await here.sender.drain();
  await slice(10);
  await expect.poll(waiting).toEqual(['temoin-prefix']);
});

test('a server that has no room for films is told all the same', async () => {
  server.trouble = (_method, path) => (path.startsWith('/api/files') ? refuse(507, 'disk-full') : null);
  await slice(10);
  await expect.poll(waiting).toEqual(['temoin-prefix']);
  for (const expected of [1, 2]) {
    await expect(here.sender.drain()).rejects.toThrow();
    expect(prefixes()).toHaveLength(expected);
    await slice(10);
    await expect.poll(waiting).toEqual(['temoin-prefix']);
  }
});

test.each([
  ['only a press sends', async () => here.store.keep('mode', 'press')],
  [
    'the server refused and the sender rests',
    async () => {
      server.trouble = () => refuse(507, 'disk-full', { 'Retry-After': '600' });
      await slice(10);
      await expect.poll(async () => (await here.store.kept('contact'))?.problem).toBe('disk-full');
    },
  ],
])('signed at the stop although %s', async (_why, begin) => {
  const stop = new AbortController();
  const running = here.sender.run(stop.signal);
  await begin();
  await film.finish();
  await expect.poll(async () => (await waiting()).at(-1)).toBe('temoin-commitment');
  const row = await here.store.item(film.item);
  const last = (await new Statements(here.store).waiting()).at(-1);
  expect([row?.state, row?.commitment]).toEqual(['sealed', last?.hash]);
  server.trouble = () => null;
  server.calls = [];
  notify('pressed');
  await expect.poll(async () => (await here.store.item(film.item))?.state).toBe('received');
  expect(server.calls[0]?.path).toBe('/api/statements');
  stop.abort();
  await running;
});
