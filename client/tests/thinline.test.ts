/** A line that passes only a few kilobytes at a time: statements go, then entries; what is larger waits. */
import { beforeEach, expect, test } from 'vitest';
import { Sender } from '../outbox/sender';
import { film, note, phone } from './support/phone';
import './support/browserlike';
import { FakeServer } from './support/server';

/** Bytes of a body that pass, either way; the next byte cuts the line. */
const PASSES = 4000;

let server: FakeServer;
let here: Awaited<ReturnType<typeof phone>>;
let asked: string[][];

beforeEach(async () => {
  server = await FakeServer.make();
  here = await phone(server);
  asked = [];
  server.calls = [];
  server.trouble = async (method, path, headers, body) => {
    if (path === '/api/status') asked.push(JSON.parse(new TextDecoder().decode(body)).ids);
    if (body.length > PASSES) return new TypeError('cut');
    const answer = await server.answer(method, path, headers, body);
    const size = (await answer.clone().arrayBuffer()).byteLength;
    return size > PASSES ? new TypeError('cut') : answer;
  };
});

test('every entry of a long day is received, though a film before it is too large to pass', async () => {
  const large = await film(here.depot, 400_000);
  for (let i = 0; i < 50; i++) await here.depot.entry(note(`entry ${i}`));
  await expect(here.sender.drain()).rejects.toThrow();
  const rows = await here.store.items();
  expect(rows.filter(({ state }) => state !== 'received').map(({ id }) => id)).toEqual([large]);
  expect(asked.flat().length).toBeGreaterThanOrEqual(51);
  for (const ids of asked) expect(ids.length).toBeLessThanOrEqual(20);
});

test('what one answer spoke of goes before the next question', async () => {
  for (let i = 0; i < 45; i++) await here.depot.entry(note(`entry ${i}`));
  await here.sender.drain();
  const told = server.calls.map(({ path }) => path).filter((path) => path !== '/api/statements');
  const status = '/api/status';
  const entries = (n: number) => Array(n).fill('/api/files');
  expect(told).toEqual([status, ...entries(20), status, ...entries(20), status, ...entries(5)]);
});

test('what was received is asked about after the entries: receipts that do not pass hold up none', async () => {
  for (let i = 0; i < 25; i++) await here.depot.entry(note(`entry ${i}`));
  await here.sender.drain();
  await here.store.keep('release', 'at-once');
  asked = [];
  const late = note('late');
  await here.depot.entry(late);
  await expect(new Sender(here.store).drain()).rejects.toThrow('no answer');
  expect((await here.store.item(late.id))?.state).toBe('received');
  expect(asked.map((ids) => ids.length)).toEqual([1, 20]);
});
