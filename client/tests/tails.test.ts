/** The end of a running recording that fills no chunk yet: kept twice on the phone, sent as a small upload of its own. */
import { Decrypter } from 'age-encryption';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Recording } from '../lib/contracts';
import { tailName } from '../lib/files';
import { noise, OBSERVATION, phone } from './support/phone';
import './support/browserlike';
import { parseSlot } from '../lib/slot';
import { FakeServer } from './support/server';

let server: FakeServer;
let here: Awaited<ReturnType<typeof phone>>;
let sound: Recording;
let written: Buffer;

beforeEach(async () => {
  server = await FakeServer.make();
  here = await phone(server);
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  sound = await here.depot.start('sound', { observation: OBSERVATION, mime: 'audio/webm', trial: false });
  written = Buffer.alloc(0);
  // One whole chunk, so that there is an upload, and a little more.
  await write(66_000);
  await here.sender.drain();
});
afterEach(() => vi.useRealTimers());

async function write(size: number): Promise<void> {
  const bytes = noise(size);
  written = Buffer.concat([written, bytes]);
  await sound.write(bytes);
}

/** Offset and bytes of a tail, as custody opens it. */
async function opened(file: Uint8Array | undefined): Promise<{ from: number; bytes: Buffer }> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(server.custodyIdentity);
  const plain = Buffer.from(await decrypter.decrypt(file ?? new Uint8Array()));
  return { from: Number(plain.readBigUInt64BE(16)), bytes: plain.subarray(24) };
}

test('younger than five seconds it stays, then it goes by itself: small, and up to the last byte', async () => {
  vi.advanceTimersByTime(4900);
  await write(2000);
  await here.sender.drain();
  expect(server.tails(sound.item)).toEqual([]);
  server.calls = [];
  vi.advanceTimersByTime(200);
  await here.sender.drain();
  const [tail, ...more] = server.tails(sound.item);
  expect(more).toEqual([]);
  const { from, bytes } = await opened(tail?.bytes);
  expect(from).toBe(65_536);
  expect(bytes).toEqual(written.subarray(from));
  const sent = server.calls.filter(({ path }) => path.startsWith('/api/files'));
  expect(sent.map(({ method, size }) => [method, size < 5000])).toEqual([['POST', true]]);
});

test('each once, and not again before five more seconds; the upload of the whole goes on beside it', async () => {
  vi.advanceTimersByTime(6000);
  await here.sender.drain();
  await here.sender.drain();
  expect(server.tails(sound.item)).toHaveLength(1);
  vi.advanceTimersByTime(3000);
  await write(1000);
  await here.sender.drain();
  expect(server.tails(sound.item)).toHaveLength(1);
  vi.advanceTimersByTime(3000);
  await here.sender.drain();
  expect(
    server
      .tails(sound.item)
      .map(({ tail }) => tail)
      .sort(),
  ).toEqual(['0', '1']);
  await sound.finish();
  await here.sender.drain();
  expect((await here.store.item(sound.item))?.state).toBe('received');
});

test('the phone keeps the last two, and none of a whole recording', async () => {
  const kept = async () => {
    const rows = await here.store.read(['bytes'], (tx) =>
      Promise.all(
        ([0, 1] as const).map((slot) => tx.objectStore('bytes').get([tailName(sound.item, slot), 0])),
      ),
    );
    return await Promise.all(rows.map(async (row) => (row ? await parseSlot(row.bytes) : null)));
  };
  for (let i = 0; i < 5; i++) await write(1000);
  const counters = (await kept()).map((slot) => slot?.counter ?? 0);
  expect(counters.sort()).toEqual([5, 6]);
  for (const slot of await kept()) {
    const { from, bytes } = await opened(slot?.file);
    expect(bytes).toEqual(written.subarray(from, from + bytes.length));
  }
  await sound.finish();
  expect(await kept()).toEqual([null, null]);
});
