import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as cctv from 'cctv-age';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import agreed from '../../tests/vectors/age.json';
import { concat, sha256, unbase64url } from '../lib/bytes';
import { CHUNK, NONCE, SEALED_CHUNK } from '../lib/chunks';
import { AgeReader, DamagedFile, openHead } from '../lib/open';
import { AgeWriter, headLength, seal } from '../lib/stream';
import { ruled } from './vectors/rule';

let identity: string;
let recipient: string;
beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

/** Bytes of a file or of its beginning, as the vault reads them. */
async function reader(file: Uint8Array, key = identity): Promise<AgeReader> {
  const at = headLength(file);
  const body = file.subarray(at);
  return await AgeReader.over(await openHead(file.subarray(0, at), key), {
    size: body.length,
    read: async (from, length) => body.slice(from, from + length),
  });
}

async function written(plain: Uint8Array, slices: number[]): Promise<Uint8Array> {
  const writer = await AgeWriter.begin([recipient]);
  const parts: Uint8Array[] = [writer.head, writer.nonce];
  let at = 0;
  for (const slice of slices) {
    parts.push(...(await writer.push(plain.subarray(at, at + slice))));
    at += slice;
    expect(writer.whole + writer.pending.length).toBe(Math.min(at, plain.length));
  }
  parts.push(...(await writer.push(plain.subarray(at))), await writer.finish());
  return concat(...parts);
}

describe('the writer', () => {
  test.each([0, 1, 65535, 65536, 65537, 131071, 131072, 131073])(
    '%i bytes in any slices: typage opens the same',
    async (size) => {
      const plain = ruled(size);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 6 }), async (slices) => {
          const file = await written(plain, slices);
          const decrypter = new Decrypter();
          decrypter.addIdentity(identity);
          expect(Buffer.compare(await decrypter.decrypt(file), plain)).toBe(0);
        }),
        { numRuns: 8 },
      );
    },
  );

  test('no two files share a file key or a nonce, whatever they hold', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 5 }, async () => (await seal([recipient], ruled(100))).body),
    );
    expect(new Set(bodies.map((body) => Buffer.from(body).toString('hex'))).size).toBe(5);
  });

  test('an engine that refuses keys beginning with a zero byte is given other ones', async () => {
    const { importKey } = crypto.subtle;
    let refused = 0;
    const asWebKitDoes = vi.spyOn(crypto.subtle, 'importKey').mockImplementation((async (
      ...given: unknown[]
    ) => {
      if (given[0] === 'pkcs8' && refused++ < 2) throw new DOMException('requirements', 'DataError');
      return await importKey.apply(crypto.subtle, given as never);
    }) as typeof importKey);
    try {
      const { head, body } = await seal([recipient, recipient], ruled(100));
      expect(refused).toBeGreaterThan(2);
      const found = await reader(concat(head, body));
      expect(Buffer.compare(await found.read(0, 100), ruled(100))).toBe(0);
    } finally {
      asWebKitDoes.mockRestore();
    }
  });

  test('nothing more after the end, nothing without a recipient', async () => {
    const writer = await AgeWriter.begin([recipient]);
    await writer.finish();
    await expect(writer.push(ruled(1))).rejects.toThrow('finished');
    await expect(AgeWriter.begin([])).rejects.toThrow('recipient');
  });
});

describe('the reader', () => {
  test('any range of any file, typage’s too', async () => {
    const plain = ruled(3 * CHUNK + 777);
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    for (const file of [await written(plain, []), await encrypter.encrypt(plain)]) {
      const open = await reader(file);
      expect([open.size, open.complete]).toEqual([plain.length, true]);
      await fc.assert(
        fc.asyncProperty(fc.nat(plain.length + 100), fc.nat(2 * CHUNK), async (from, length) => {
          expect(Buffer.compare(await open.read(from, length), plain.subarray(from, from + length))).toBe(0);
        }),
        { numRuns: 60 },
      );
    }
  });

  test('cut at any byte: its whole chunks, authentic, and known to be cut', async () => {
    const plain = ruled(2 * CHUNK + 5);
    const file = await written(plain, []);
    const start = headLength(file) + NONCE;
    const borders = [
      0,
      1,
      SEALED_CHUNK - 1,
      SEALED_CHUNK,
      SEALED_CHUNK + 1,
      2 * SEALED_CHUNK,
      2 * SEALED_CHUNK + 20,
    ];
    const cuts = fc.oneof(
      fc.constantFrom(...borders.map((at) => start + at)),
      fc.integer({ min: headLength(file), max: file.length - 1 }),
    );
    await fc.assert(
      fc.asyncProperty(cuts, async (cut) => {
        const open = await reader(file.subarray(0, cut));
        const whole = Math.max(0, Math.floor((cut - start) / SEALED_CHUNK)) * CHUNK;
        expect([open.size, open.complete]).toEqual([whole, false]);
        expect(Buffer.compare(await open.read(0, plain.length), plain.subarray(0, whole))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('a changed byte is never shown', async () => {
    const plain = ruled(2 * CHUNK);
    const file = await written(plain, []);
    const start = headLength(file);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: start, max: file.length - 1 }), async (at) => {
        const changed = file.slice();
        changed[at] = (changed[at] ?? 0) ^ 0x40;
        const shown = await reader(changed)
          .then((open) => open.read(0, plain.length))
          .catch((error: unknown) => {
            expect(error).toBeInstanceOf(DamagedFile);
            return new Uint8Array();
          });
        expect(Buffer.compare(shown, plain.subarray(0, shown.length))).toBe(0);
        expect(shown.length).toBeLessThan(plain.length);
      }),
      { numRuns: 40 },
    );
  });

  test('a file for somebody else does not open', async () => {
    const { head } = await seal([await identityToRecipient(await generateX25519Identity())], ruled(1));
    await expect(openHead(head, identity)).rejects.toThrow();
  });
});

describe('the public vectors', () => {
  const known = Object.entries(cctv as unknown as Record<string, unknown>).filter(
    (pair): pair is [string, Uint8Array] => pair[1] instanceof Uint8Array,
  );
  const ours = known.map(([name, bytes]) => vector(name, bytes)).filter((one) => one !== null);

  test('are there', () => expect(ours.length).toBeGreaterThan(50));

  test.each(ours)('$name: $expect', async ({ expect: expected, payload, file, identities }) => {
    let shown: Uint8Array;
    let complete: boolean;
    try {
      const open = await reader(file, identities[0] ?? identity);
      shown = await open.read(0, open.size);
      complete = open.complete;
    } catch {
      expect(expected).not.toBe('success');
      return;
    }
    if (expected === 'success') expect(createHash('sha256').update(shown).digest('hex')).toBe(payload);
    // What is damaged may give its good beginning, but never passes for whole.
    expect(complete).toBe(expected === 'success');
  });
});

function vector(name: string, bytes: Uint8Array) {
  const end = Buffer.from(bytes).indexOf('\n\n');
  const fields = Buffer.from(bytes.subarray(0, end))
    .toString()
    .split('\n')
    .map((line) => line.split(': ') as [string, string]);
  const all = (field: string) => fields.filter(([key]) => key === field).map(([, value]) => value);
  const skip =
    all('armored').length > 0 || all('passphrase').length > 0 || /^(hybrid|mlkem|tag|p256)/.test(name);
  if (skip) return null;
  const rest = bytes.subarray(end + 2);
  const file = new Uint8Array(all('compressed')[0] === 'zlib' ? inflateSync(rest) : rest);
  const identities = all('identity').filter((one) => one.startsWith('AGE-SECRET-KEY-1'));
  return { name, expect: all('expect')[0] ?? '', payload: all('payload')[0] ?? null, file, identities };
}

describe('the agreed vectors', () => {
  test.each(agreed.files)('$name', async (one) => {
    const file = unbase64url(one.file);
    const at = headLength(file);
    expect([at, await sha256(file.slice(0, at))]).toEqual([one.head.size, one.head.sha256]);
    expect([file.length - at, await sha256(file.slice(at))]).toEqual([one.body.size, one.body.sha256]);
    const open = await reader(file, agreed.identity);
    const plain = await open.read(0, open.size);
    expect([open.complete, open.size, await sha256(plain)]).toEqual([true, one.plain.size, one.plain.sha256]);
    expect(Buffer.compare(plain, ruled(one.plain.size))).toBe(0);
    for (const { cut, readable } of one.cuts) {
      const part = await reader(file.subarray(0, cut), agreed.identity);
      expect([part.complete, part.size]).toEqual([false, readable]);
    }
  });

  test('a tail says whose it is and where it belongs', async () => {
    const decrypter = new Decrypter();
    decrypter.addIdentity(agreed.identity);
    const plain = Buffer.from(await decrypter.decrypt(unbase64url(agreed.tail.file)));
    expect(plain.subarray(0, 16).toString('hex')).toBe(agreed.tail.item);
    expect(Number(plain.readBigUInt64BE(16))).toBe(agreed.tail.offset);
    expect(Buffer.compare(plain.subarray(24), ruled(agreed.tail.size))).toBe(0);
  });
});
