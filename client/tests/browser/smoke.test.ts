// @vitest-environment node

import type { Server } from 'node:http';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256, unbase64url } from '../../lib/bytes';
import { AgeReader, openHead } from '../../lib/open';
import { headLength } from '../../lib/stream';
import { Phone, serve } from './harness';
import type { Driver } from './page';

declare const driver: Driver;

let origin: string;
let server: Server;
let poor: { origin: string; server: Server };
let phone: Phone;
let page: Page;
let identity: string;

beforeAll(async () => {
  ({ origin, server } = await serve());
  poor = await serve({ withoutSyncHandles: true });
  identity = await generateX25519Identity();
});
afterAll(() => {
  server.close();
  poor.server.close();
});

beforeEach(async () => {
  phone = await Phone.make();
  page = await phone.open(`${origin}/m/`);
  const custody = await identityToRecipient(await generateX25519Identity());
  await page.evaluate(
    (recipients) => driver.enrol(recipients),
    [await identityToRecipient(identity), custody],
  );
});
afterEach(() => phone.close());

/** The same phone at another address. */
async function moveTo(address: string): Promise<void> {
  await page.goto(`${address}/m/`);
  await page.waitForFunction(() => 'driver' in globalThis);
  await page.evaluate((recipients) => driver.enrol(recipients), [await identityToRecipient(identity)]);
}

/** The same bytes as the page's `pattern`. */
function pattern(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

async function opened(file: Uint8Array) {
  const at = headLength(file);
  const body = file.subarray(at);
  const source = {
    size: body.length,
    read: async (from: number, length: number) => body.slice(from, from + length),
  };
  const reader = await AgeReader.over(await openHead(file.subarray(0, at), identity), source);
  return { plain: await reader.read(0, reader.size), complete: reader.complete };
}

async function sealed(id: string): Promise<Uint8Array> {
  return unbase64url((await page.evaluate((one) => driver.sealed(one), id)) ?? '');
}

describe('the seal worker in a real browser', () => {
  test('a film and a still at once: both open to what was written, hashes as said', async () => {
    const film = await page.evaluate(() => driver.start('film'));
    const parts = [200_000, 65_536, 1, 131_072, 400_000];
    for (const [i, length] of parts.entries())
      await page.evaluate(([id, seed, n]) => driver.write(id, seed, n), [film, i + 1, length] as const);
    const still = await page.evaluate(async () => {
      const id = await driver.start('photo');
      await driver.write(id, 99, 70_000);
      return { id, end: await driver.finish(id) };
    });
    const end = await page.evaluate((id) => driver.finish(id), film);
    const expected = Buffer.concat(parts.map((length, i) => pattern(i + 1, length)));
    const file = await sealed(film);
    const whole = await opened(file);
    expect(whole.complete).toBe(true);
    expect(Buffer.compare(Buffer.from(whole.plain), expected)).toBe(0);
    expect(end).toEqual({ size: expected.length, sha256: await sha256(expected), gaps: [] });
    const row = (await page.evaluate(() => driver.rows())).find(({ id }) => id === film);
    const at = headLength(file);
    expect(row?.head).toEqual({ size: at, sha256: await sha256(file.slice(0, at)) });
    expect(row?.body).toEqual({ size: file.length - at, sha256: await sha256(file.slice(at)) });
    expect((await opened(await sealed(still.id))).plain).toEqual(pattern(99, 70_000));
    // A whole item needs no tails.
    expect(await page.evaluate(() => driver.files())).toEqual([`${film}.film`, `${still.id}.photo`].sort());
  });

  test.each(['opfs', 'idb'] as const)(
    'killed with -9 while recording to %s: everything whose write had resolved is there',
    async (medium) => {
      if (medium === 'idb') await moveTo(poor.origin);
      const here = medium === 'idb' ? poor.origin : origin;
      const entry = {
        v: 1 as const,
        type: 'note',
        id: 'b'.repeat(32),
        observation: 'a'.repeat(32),
        seq: 0,
        trial: false,
        corrects: null,
      };
      const clock = { wall: 1, mono: 2, offset: null, error: null, measured: null };
      await page.evaluate((one) => driver.entry(one), {
        ...entry,
        clock,
        place: null,
        data: { text: 'sealed before the kill' },
      });
      const film = await page.evaluate(() => driver.start('film'));
      const sound = await page.evaluate(() => driver.start('sound'));
      const [filmed, heard] = [[], []] as [Uint8Array[], Uint8Array[]];
      for (let i = 1; i <= 9; i++) {
        await page.evaluate(
          ([a, b, seed]) => Promise.all([driver.write(a, seed, 50_001), driver.write(b, seed + 100, 2000)]),
          [film, sound, i] as const,
        );
        filmed.push(pattern(i, 50_001));
        heard.push(pattern(i + 100, 2000));
      }
      await phone.kill();
      page = await phone.open(`${here}/m/`);
      const cut = await page.evaluate(() => driver.recover());
      expect(cut.map(({ id }) => id).sort()).toEqual([film, sound].sort());
      expect(cut.every((item) => item.cut && item.state === 'sealed')).toBe(true);
      // Hashed in its own time. Not `waitForFunction`: it takes a promise for an answer.
      const hashed = () =>
        page.evaluate(async () => (await driver.rows()).every(({ body }) => body.sha256 !== null));
      await expect.poll(hashed, { timeout: 30_000 }).toBe(true);
      for (const [id, written] of [
        [film, Buffer.concat(filmed)],
        [sound, Buffer.concat(heard)],
      ] as const) {
        const file = await sealed(id);
        const body = await opened(file);
        expect(body.complete).toBe(false);
        const tail = await page.evaluate((one) => driver.tail(one), id);
        const decrypter = new Decrypter();
        decrypter.addIdentity(identity);
        const plain = await decrypter.decrypt(unbase64url(tail?.file ?? ''));
        expect(Buffer.from(plain.subarray(0, 16)).toString('hex')).toBe(id);
        expect(Number(Buffer.from(plain).readBigUInt64BE(16))).toBe(tail?.offset);
        const rest = plain.subarray(24 + body.plain.length - (tail?.offset ?? 0));
        // Not one byte is lost.
        expect(Buffer.compare(Buffer.concat([body.plain, rest]), written)).toBe(0);
        const row = (await page.evaluate(() => driver.rows())).find((one) => one.id === id);
        expect(row?.body).toEqual({
          size: file.length - headLength(file),
          sha256: await sha256(file.slice(headLength(file))),
        });
      }
      expect(
        (await page.evaluate(() => driver.rows()))
          .filter((row) => row.kind !== 'entry')
          .map((row) => row.medium),
      ).toEqual([medium, medium]);
      const items = await page.evaluate(() => driver.items());
      expect(items.find(({ kind }) => kind === 'entry')?.state).toBe('sealed');
    },
  );

  test('a film whose row was lost with the database is taken up, a removed one is not', async () => {
    const [lost, removed] = await page.evaluate(async () => {
      const ids = [await driver.start('film'), await driver.start('film')];
      for (const id of ids) await driver.write(id, 5, 300_000);
      return ids;
    });
    await page.evaluate(
      ([a, b]) => Promise.all([driver.finish(a ?? ''), driver.finish(b ?? '')]),
      [lost, removed],
    );
    await page.evaluate(
      ([a, b]) => Promise.all([driver.forgetRow(a ?? ''), driver.remove(b ?? '')]),
      [lost, removed],
    );
    const cut = await page.evaluate(() => driver.recover());
    expect(cut.map(({ id }) => id)).toEqual([lost]);
    expect(await page.evaluate(() => driver.files())).toEqual([`${lost}.film`]);
  });

  test('works on after the database was closed underneath', async () => {
    const film = await page.evaluate(async () => {
      const id = await driver.start('film');
      await driver.write(id, 1, 1000);
      await driver.closeUnderneath();
      await driver.write(id, 2, 1000);
      await driver.finish(id);
      return id;
    });
    expect((await opened(await sealed(film))).plain.length).toBe(2000);
  });

  test('phone full: the write says so, everything before it is kept, and it ends whole or as a cut recording', async () => {
    const cdp = await page.context().newCDPSession(page);
    // Chromium sets room aside for an open handle in steps of a megabyte and more.
    const used = await page.evaluate(async () => Number((await navigator.storage.estimate()).usage));
    await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: used + 10_000_000 });
    const film = await page.evaluate(() => driver.start('film'));
    const outcome = await page.evaluate(async (id) => {
      for (let i = 1; i <= 300; i++) {
        try {
          await driver.write(id, i, 100_000);
        } catch (error) {
          const why = (error as Error).name;
          const ended = await driver.finish(id).then(
            () => 'whole',
            (last: Error) => last.name,
          );
          return { written: i - 1, why, ended };
        }
      }
      return null;
    }, film);
    expect(outcome?.why).toBe('PhoneFull');
    expect(outcome?.written).toBeGreaterThan(5);
    const written = Buffer.concat(
      Array.from({ length: outcome?.written ?? 0 }, (_, i) => pattern(i + 1, 100_000)),
    );
    const row = (await page.evaluate(() => driver.rows())).find(({ id }) => id === film);
    expect(row?.state).toBe('sealed');
    expect(row?.cut).toBe(outcome?.ended !== 'whole');
    const file = await sealed(film);
    expect(row?.body).toEqual({
      size: file.length - headLength(file),
      sha256: await sha256(file.slice(headLength(file))),
    });
    const { plain, complete } = await opened(file);
    expect(complete).toBe(!row?.cut);
    let kept = Buffer.from(plain);
    if (row?.cut) {
      const tail = await page.evaluate((one) => driver.tail(one), film);
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      const rest = (await decrypter.decrypt(unbase64url(tail?.file ?? ''))).subarray(24);
      kept = Buffer.concat([kept.subarray(0, tail?.offset), rest]);
    }
    expect(Buffer.compare(kept.subarray(0, written.length), written)).toBe(0);
    // Nor does a start that finds no room leave anything behind.
    await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
    const files = await page.evaluate(() => driver.files());
    await expect(page.evaluate(() => driver.start('film'))).rejects.toThrow('PhoneFull');
    expect(await page.evaluate(() => driver.files())).toEqual(files);
  });

  test('room: found out where the browser hides it, less while something is recorded', async () => {
    expect(await page.evaluate(() => driver.space())).toMatchObject({ plenty: true });
    // What was found counts for some seconds: for this page they are over.
    await page.evaluate(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 10_000;
    });
    const cdp = await page.context().newCDPSession(page);
    const used = await page.evaluate(async () => Number((await navigator.storage.estimate()).usage));
    await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: used + 40_000_000 });
    const before = Number((await page.evaluate(() => driver.space())).free);
    expect(before).toBeGreaterThan(30_000_000);
    expect(before).toBeLessThanOrEqual(40_000_000);
    const film = await page.evaluate(async () => {
      const id = await driver.start('film');
      for (let i = 1; i <= 100; i++) await driver.write(id, i, 100_000);
      return id;
    });
    const during = Number((await page.evaluate(() => driver.space())).free);
    expect(before - during).toBeGreaterThan(9_000_000);
    await page.evaluate((id) => driver.finish(id), film);
    expect(await page.evaluate(() => driver.files())).toEqual([`${film}.film`]);
  });

  test('vault: ranges of what was sealed while it existed, nothing when locked, nothing after forgetting', async () => {
    const before = await page.evaluate(() =>
      driver.start('photo').then((id) => driver.finish(id).then(() => id)),
    );
    const passphrase = await page.evaluate(() => driver.proposePassphrase());
    await expect(page.evaluate(() => driver.vault.create('passphrase', 'calais2026'))).rejects.toThrow(
      'guessed by a machine',
    );
    expect(await page.evaluate(() => driver.vault.kind())).toBe('none');
    await page.evaluate((words) => driver.vault.create('passphrase', words), passphrase);
    const film = await page.evaluate(async () => {
      const id = await driver.start('film');
      for (let i = 1; i <= 4; i++) await driver.write(id, i, 70_000);
      await driver.finish(id);
      return id;
    });
    const plain = Buffer.concat([1, 2, 3, 4].map((seed) => pattern(seed, 70_000)));
    expect(await page.evaluate((id) => driver.vault.size(id), film)).toBe(plain.length);
    expect(await page.evaluate((id) => driver.vault.size(id), before)).toBeNull();
    for (const [from, length] of [
      [0, 10],
      [65_530, 20],
      [200_000, 999_999],
    ] as const) {
      const read = await page.evaluate(([id, at, n]) => driver.vault.read(id, at, n), [
        film,
        from,
        length,
      ] as const);
      expect(Buffer.compare(unbase64url(read), plain.subarray(from, from + length))).toBe(0);
    }
    await page.evaluate(() => driver.vault.lock());
    expect(await page.evaluate(() => driver.vault.unlocked())).toBe(false);
    await expect(page.evaluate((id) => driver.vault.read(id, 0, 1), film)).rejects.toThrow('locked');
    await expect(page.evaluate(() => driver.vault.unlock('not the one'))).rejects.toThrow('does not open');
    await page.evaluate((words) => driver.vault.unlock(words), passphrase);
    expect(await page.evaluate((id) => driver.vault.size(id), film)).toBe(plain.length);
    await page.evaluate(() => driver.vault.forget());
    expect(await page.evaluate(() => driver.vault.kind())).toBe('none');
    // Only viewing is lost.
    expect((await opened(await sealed(film))).plain.length).toBe(plain.length);
  });

  test('vault under a passkey: made after a round trip, opened again by the passkey alone', async () => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    } as const;
    // Without PRF the passkey is no use, and nothing is kept of it.
    const plain = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: { ...options, hasPrf: false },
    });
    await expect(page.evaluate(() => driver.vault.create('passkey'))).rejects.toThrow(
      'passphrase works everywhere',
    );
    expect(await page.evaluate(() => driver.vault.kind())).toBe('none');
    await cdp.send('WebAuthn.removeVirtualAuthenticator', plain);
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, hasPrf: true } });
    await page.evaluate(() => driver.vault.create('passkey'));
    const note = {
      v: 1 as const,
      type: 'note',
      id: 'c'.repeat(32),
      observation: 'a'.repeat(32),
      seq: 0,
      trial: false,
      corrects: null,
    };
    const entry = {
      ...note,
      clock: { wall: 1, mono: 2, offset: null, error: null, measured: null },
      place: null,
      data: { text: 'mine' },
    };
    await page.evaluate((one) => driver.entry(one), entry);
    await page.evaluate(() => driver.vault.lock());
    await page.evaluate(() => driver.vault.unlock());
    expect(await page.evaluate((id) => driver.vault.entry(id), entry.id)).toEqual(entry);
  });

  test('an import of 64 MB', async () => {
    const speed = await page.evaluate(() => driver.pipeline(64_000_000, 1_000_000));
    console.log(
      JSON.stringify({ name: 'sealing to disk, hashes and tails included', unit: 'MB/s', value: speed }),
    );
    expect(speed).toBeGreaterThan(5);
  });

  test('uses the browser’s own ChaCha20-Poly1305 and keeps up with a plain loop of it', async () => {
    expect(await page.evaluate(() => driver.native())).toBe(true);
    const speed = await page.evaluate(
      async (recipients) => driver.speed(recipients),
      [await identityToRecipient(identity)],
    );
    console.log(
      JSON.stringify({
        name: 'sealing in the browser',
        unit: 'MB/s',
        ...speed,
        ratio: speed.writer / speed.loop,
      }),
    );
    expect(speed.writer / speed.loop).toBeGreaterThan(0.5);
  });
});
