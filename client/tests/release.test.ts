import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Store } from '../lib/store';
import { Sender } from '../outbox/sender';
import { film, note, phone } from './support/phone';
import './support/browserlike';
import { FakeServer } from './support/server';

const DAY = 86_400_000;
let server: FakeServer;
let here: Awaited<ReturnType<typeof phone>>;

beforeEach(async () => {
  server = await FakeServer.make();
  here = await phone(server);
  server.calls = [];
});
afterEach(() => vi.restoreAllMocks());

const state = async (id: string) => (await here.store.item(id))?.state;
const asked = async () => await new Sender(here.store).drain();
const states = async (store: Store) => (await store.items()).map((row) => row.state).sort();

/** So many days later by the phone's own clock, in another life of the page. */
function later(days: number): void {
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now + days * DAY);
  vi.spyOn(performance, 'timeOrigin', 'get').mockReturnValue(days);
}

test('without a backup: fourteen days by the server’s clock and by the phone’s, whichever ends later', async () => {
  const id = await film(here.depot, 5000);
  await here.sender.drain();
  await asked();
  server.ahead = 20 * DAY;
  await asked();
  expect(await state(id), 'the server’s clock alone').toBe('received');
  server.ahead = 0;
  later(20);
  server.ahead = -20 * DAY;
  await asked();
  expect(await state(id), 'the phone’s clock alone').toBe('received');
  server.ahead = 0;
  await asked();
  expect(await state(id)).toBe('released');
});

test('a wall clock that is set while the page lives counts for nothing', async () => {
  const id = await film(here.depot, 5000);
  await here.sender.drain();
  await asked();
  server.ahead = 20 * DAY;
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now + 20 * DAY);
  server.ahead = 0;
  await asked();
  expect(await state(id)).toBe('received');
});

test('a clock that was set back begins the days anew, and does not hold for ever', async () => {
  const id = await film(here.depot, 5000);
  await here.sender.drain();
  later(400);
  await asked();
  vi.restoreAllMocks();
  later(0);
  await asked();
  const row = await here.store.item(id);
  expect(row?.heldSince?.wall).toBeLessThanOrEqual(Date.now());
  expect(row?.state).toBe('received');
});

test('once a backup was seen, time alone never counts again', async () => {
  const id = await film(here.depot, 5000);
  await here.sender.drain();
  server.backup = true;
  await asked();
  server.backup = false;
  later(30);
  await asked();
  expect(await state(id)).toBe('received');
  server.backup = true;
  server.backedUpTo = server.log;
  await asked();
  expect(await state(id)).toBe('released');
});

test('released only on an answer that carries the receipt itself: what a restore lost goes again', async () => {
  const [kept, lost] = [await film(here.depot, 5000), await film(here.depot, 60_000)];
  await here.sender.drain();
  const index = (await here.store.item(lost))?.logIndex ?? 0;
  expect((await here.store.item(kept))?.logIndex).toBeLessThan(index);
  // An attacker, or a mistaken setting: everything is said to be covered, but one receipt is gone.
  server.restore(index);
  server.backup = true;
  server.backedUpTo = 10_000;
  await asked();
  expect(await state(kept)).toBe('released');
  expect(await state(lost)).not.toBe('released');
  server.backedUpTo = 0;
  await asked();
  expect(await state(lost)).toBe('received');
  expect(server.item(lost)?.receipt).toBe((await here.store.item(lost))?.receipt);
  const commitments = server.statements.filter(
    ({ typ, says }) => typ === 'temoin-commitment' && JSON.stringify(says).includes(lost),
  );
  expect(commitments.length, 'from the first word: its commitment may be lost too').toBe(2);
});

test('a log that is shorter than it was: everything received is asked about at once', async () => {
  await here.depot.entry(note('early'));
  await here.sender.drain();
  const before = server.log;
  await here.depot.entry(note('late'));
  await film(here.depot, 5000);
  await new Sender(here.store).drain();
  await asked();
  expect(await states(here.store)).toEqual(['received', 'received', 'received']);
  server.restore(before);
  expect(server.uploads.size).toBe(1);
  await asked();
  await asked();
  expect(await states(here.store)).toEqual(['received', 'received', 'received']);
  expect(server.uploads.size).toBe(3);
});

test('at once: also only after the server has said it again', async () => {
  await here.store.keep('release', 'at-once');
  const id = await film(here.depot, 5000);
  let forgets = true;
  server.trouble = async (_method, path, _headers, body) => {
    if (path !== '/api/status' || !forgets || !String(new TextDecoder().decode(body)).includes(id))
      return null;
    return Response.json({
      items: { [id]: { offset: null, upload: null, receipt: null } },
      ...{
        backed_up_to: 0,
        backup: false,
        seen: { size: server.log, hash: 'h'.repeat(43) },
        time: Date.now(),
      },
    });
  };
  await here.sender.drain();
  await asked();
  expect(await state(id)).not.toBe('released');
  forgets = false;
  await asked();
  await asked();
  expect(await state(id)).toBe('released');
});
