import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import './support/browserlike';
import entries from '../../tests/vectors/entries.json';
import references from '../../tests/vectors/references.json';
import { base64url, hex, unbase64url, unhex } from '../lib/bytes';
import { better, measure } from '../lib/clock';
import { Digest } from '../lib/digest';
import { wholeChunks } from '../lib/files';
import { isId, newId, reference } from '../lib/ids';
import { problemText } from '../lib/problems';
import { mayRelease, WITHOUT_BACKUP } from '../lib/release';
import { parseSlot, SLOT, writeSlot } from '../lib/slot';
import { newRow } from '../lib/store';
import { catalogue, elapsed, percent, plural, setLanguage, size } from '../lib/text';
import { batch } from '../outbox/declare';
import { nextJob } from '../outbox/order';
import { LARGEST, Pace, SMALLEST } from '../outbox/pace';
import { BITS_NEEDED, passphraseBits, proposePassphrase } from '../vault/passphrase';

test('bytes as text: hex and base64url, one spelling for one value', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000 }), (bytes) => {
      expect(Buffer.compare(unbase64url(base64url(bytes)), bytes)).toBe(0);
      expect(base64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      expect(hex(unhex(hex(bytes)))).toBe(Buffer.from(bytes).toString('hex'));
    }),
    { numRuns: 30 },
  );
  for (const wrong of ['a', 'ab=', 'a+b/', 'a b']) expect(() => unbase64url(wrong)).toThrow();
  for (const wrong of ['a', 'AB', 'zz']) expect(() => unhex(wrong)).toThrow();
});

test('ids and references', () => {
  expect(isId(newId())).toBe(true);
  expect(newId()).not.toBe(newId());
  for (const one of references) expect(reference(one.id)).toBe(one.reference);
  expect(() => reference('K7Q')).toThrow();
});

test('entries are written as agreed', () => {
  for (const { entry, text } of entries) expect(JSON.stringify(entry)).toBe(text);
});

test('a running hash says the hash of what was added so far', async () => {
  const digest = await Digest.begin();
  digest.add(new TextEncoder().encode('a'));
  expect(digest.now()).toBe('ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs');
  digest.add(new TextEncoder().encode('bc'));
  expect([digest.now(), digest.size]).toEqual(['ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0', 3]);
});

describe('the clock', () => {
  const at = (wall: number, mono: number) => ({ wall, mono });
  test('half the round trip is the error, also when the device clock is set meanwhile', () => {
    expect(measure(at(1000, 0), at(1100, 100), 6050)).toEqual({ offset: 5000, error: 50, measured: 1100 });
    expect(measure(at(1000, 0), at(87_401_100, 100), 6050).error).toBe(50);
  });
  test('the sharper measurement stays, unless it is old or contradicted', () => {
    const sharp = { offset: 0, error: 10, measured: 0 };
    expect(better(sharp, { offset: 20, error: 80, measured: 1000 })).toBe(sharp);
    for (const fresh of [
      { offset: 5000, error: 80, measured: 1000 },
      { offset: 20, error: 80, measured: 700_000 },
      { offset: 1, error: 9, measured: 1000 },
    ]) {
      expect(better(sharp, fresh)).toBe(fresh);
    }
  });
});

describe('words', () => {
  const t = catalogue({
    en: { stop: 'Stop', left: (p: { n: number }) => `${p.n} ${plural(p.n, 'item', 'items')} left` },
    fr: { stop: 'Arrêter', left: (p) => `${p.n} ${plural(p.n, 'élément', 'éléments')} à envoyer` },
  });
  const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
  test('both languages, looked up when they are said', () => {
    setLanguage('fr');
    expect([t('stop'), t('left', { n: 0 }), plain(size(42_000_000)), plain(size(950_000))]).toEqual([
      'Arrêter',
      '0 élément à envoyer',
      '42 Mo',
      '950 ko',
    ]);
    setLanguage('en');
    expect([t('stop'), t('left', { n: 0 }), size(1_340_000_000)]).toEqual(['Stop', '0 items left', '1.3 GB']);
  });
  test('times and shares', () => {
    setLanguage('en');
    expect([elapsed(42_999), elapsed(3_725_000)]).toEqual(['0:42', '1:02:05']);
    expect([percent(0.999), percent(1), percent(0)]).toEqual(['99%', '100%', '0%']);
  });
  test('a key that one language lacks does not compile', () => {
    // @ts-expect-error French has no 'b'
    catalogue({ en: { a: '1', b: '2' }, fr: { a: '1' } });
    // @ts-expect-error the parameter is missing
    expect(() => t('left')).toThrow();
  });
  test('no code reaches people', () => {
    expect(problemText('http-502')).toBe(problemText('unknown'));
    expect(problemText('toString')).toBe(problemText('unknown'));
  });
});

describe('tail slots', () => {
  const slot = {
    counter: 7,
    offset: 65536,
    length: 900,
    since: 1763707269123,
    file: new Uint8Array(1200).fill(5),
  };
  test('a torn write is told from a whole one', async () => {
    const bytes = await writeSlot(slot);
    expect(bytes.length).toBe(SLOT);
    expect(await parseSlot(bytes)).toEqual(slot);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1263 }), async (at) => {
        const torn = bytes.slice();
        torn.fill(0xaa, at, at + 1);
        expect(await parseSlot(torn)).toEqual(torn[at] === bytes[at] ? slot : null);
      }),
    );
    expect(await parseSlot(new Uint8Array(SLOT))).toBeNull();
    expect(await parseSlot(bytes.subarray(0, 40))).toBeNull();
  });
  test('only whole chunks of a file may be sent', () => {
    const head = 400;
    expect([0, 400, 415, 416, 417, 65967, 65968, 65969].map((bytes) => wholeChunks(bytes, head))).toEqual([
      0, 0, 0, 416, 416, 416, 65968, 65968,
    ]);
  });
});

test('release: a backup that covers the receipt, or fourteen days of the server’s clock and of the phone’s', () => {
  const heldSince = { wall: 5000, mono: 10, page: 1 };
  const item = { state: 'received', receipt: 'jws', receivedAt: 1000, logIndex: 5, heldSince } as const;
  const later = { wall: 5000 + WITHOUT_BACKUP, mono: 20, page: 2 };
  const said = { backup: true, backedUpTo: 5, time: 1000 + 2 * WITHOUT_BACKUP, backedUpOnce: true };
  const none = { ...said, backup: false, backedUpOnce: false };
  expect(mayRelease(item, 'covered', said, later)).toBe(false);
  expect(mayRelease(item, 'covered', { ...said, backedUpTo: 6 }, later)).toBe(true);
  expect(mayRelease(item, 'covered', none, later)).toBe(true);
  expect(mayRelease(item, 'covered', { ...none, backedUpOnce: true }, later)).toBe(false);
  expect(mayRelease(item, 'covered', { ...none, time: 999 + WITHOUT_BACKUP }, later)).toBe(false);
  // The server's clock alone ends nothing, nor does a wall clock that is set in the middle of one page's life.
  expect(mayRelease(item, 'covered', none, { ...later, wall: later.wall - 1 })).toBe(false);
  expect(mayRelease(item, 'covered', none, { ...later, page: 1 })).toBe(false);
  expect(mayRelease({ ...item, heldSince: null }, 'covered', none, later)).toBe(false);
  expect(mayRelease(item, 'at-once', said, heldSince)).toBe(true);
  for (const missing of [{ receipt: null }, { state: 'sending' as const }, { logIndex: null }])
    expect(mayRelease({ ...item, ...missing }, 'at-once', said, later)).toBe(false);
});

describe('pace', () => {
  test('parts of about three seconds, between 64 KiB and 8 MiB, and never a leap', () => {
    const pace = new Pace();
    let before = pace.part;
    for (let i = 0; i < 20; i++) {
      pace.sent(pace.part, pace.part / 100);
      expect(pace.part).toBeLessThanOrEqual(2 * before);
      before = pace.part;
    }
    expect(pace.part).toBe(300_000);
    for (let i = 0; i < 20; i++) pace.sent(pace.part, 1);
    expect(pace.part).toBe(LARGEST);
    for (let i = 0; i < 20; i++) pace.failed();
    expect(pace.part).toBe(SMALLEST);
  });
  test('waits longer with each failure, jittered, at least as long as asked', () => {
    const pace = new Pace();
    pace.failed();
    expect([pace.wait(null, 0), pace.wait(null, 1), pace.wait(30, 0)]).toEqual([500, 1000, 30_000]);
    for (let i = 0; i < 30; i++) pace.failed();
    expect(pace.wait(null, 1)).toBe(30_000);
    pace.forget();
    expect(pace.wait(null, 1)).toBe(1000);
  });
});

describe('order', () => {
  const row = (id: string, more: object = {}) => ({
    ...newRow({
      id,
      kind: 'film',
      observation: '',
      trial: false,
      startedAt: 0,
      state: 'committed',
      medium: 'opfs',
      origin: '',
      head: { size: 0, sha256: '' },
      body: { size: 0, sha256: '' },
      vault: null,
    }),
    ...more,
  });
  const one = (id: string, sendable: number, more: object = {}, state: object = {}) => ({
    row: row(id, more),
    sendable,
    lastSent: 0,
    tailDue: false,
    notBefore: 0,
    ...state,
  });
  const chosen = (...all: ReturnType<typeof one>[]) => nextJob(all, 10_000)?.row.id;

  test('entries, then what records now, then by what is left', () => {
    const large = one('large', 9_000_000);
    const nearlyDone = one('nearly', 50_000_000, { sent: 49_999_000 });
    const live = one('live', 200_000, { state: 'recording' });
    const entry = one('entry', 700, { kind: 'entry' });
    expect(chosen(large, nearlyDone, live, entry)).toBe('entry');
    expect(chosen(large, nearlyDone, live)).toBe('live');
    expect(chosen(large, nearlyDone)).toBe('nearly');
    expect(chosen(large)).toBe('large');
  });
  test('nothing before its commitment was answered, nothing that stands still', () => {
    expect(
      chosen(one('sealed', 5, { state: 'sealed' }), one('later', 5, {}, { notBefore: 10_001 })),
    ).toBeUndefined();
  });
  test('a recording gives way while it has little, and sends a tail before more', () => {
    expect(chosen(one('live', 1000, { state: 'recording' }, { lastSent: 9000 }), one('other', 5))).toBe(
      'other',
    );
    expect(nextJob([one('live', 200_000, { state: 'recording' }, { tailDue: true })], 0)?.do).toBe('tail');
  });
});

test('statements: as many as fit a small request, at least one', () => {
  const statement = (length: number) => ({
    device: '',
    seq: 0,
    typ: '',
    jws: 'x'.repeat(length),
    hash: '',
    items: [],
    state: 'waiting' as const,
    receipt: null,
  });
  expect(batch([statement(9000), statement(10)])).toHaveLength(1);
  expect(batch([1000, 1000, 1000].map(statement))).toHaveLength(2);
  expect(batch(Array.from({ length: 40 }, () => statement(50)))).toHaveLength(16);
  expect(batch([])).toEqual([]);
});

describe('passphrases', () => {
  test('the proposed one is strong, and never the same', () => {
    const proposed = Array.from({ length: 20 }, proposePassphrase);
    expect(new Set(proposed).size).toBe(20);
    for (const one of proposed) expect(passphraseBits(one)).toBeGreaterThan(BITS_NEEDED);
  });
  test.each([
    '',
    '1234567890123',
    'motdepasse',
    'Motdepasse2026',
    'azertyuiopqsdfghjklm',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'iloveyou iloveyou iloveyou',
    'calais calais 2026',
    'soleil123456789',
    '06 12 34 56 78',
    'bado bado bado bado bado bado',
  ])('guessable: %s', (one) => expect(passphraseBits(one)).toBeLessThan(BITS_NEEDED));
  test.each([
    'cheval agrafe batterie correcte fenêtre',
    'xk7qzw4hd2mfvtp8',
    'the tall grey van by the canal bridge',
  ])('good: %s', (one) => expect(passphraseBits(one)).toBeGreaterThanOrEqual(BITS_NEEDED));
});
