import { CompactSign, compactVerify, importJWK } from 'jose';
import { describe, expect, test, vi } from 'vitest';
import './support/browserlike';
import agreed from '../../tests/vectors/statements.json';
import { sha256, unhex } from '../lib/bytes';
import { BadStatement, readJws, signJws } from '../lib/jws';
import { fits, makeSigningKey, signWith } from '../lib/keys';
import { OtherBytes, readCommitmentReceipt, readStorageReceipt } from '../lib/receipts';

type Signer = keyof typeof agreed.keys;
const dev = 'd0'.repeat(16);
const pinned = { device: dev, server: '5e'.repeat(16), serverKey: agreed.keys.server.jwk };
const sealed = { id: 'a1'.repeat(16), head: { size: 4, sha256: '' }, body: { size: 4, sha256: '' } };

describe('the agreed statements', () => {
  test.each(agreed.good)('$typ', async ({ signer, typ, kid, payload, jws, hash }) => {
    const { jwk, seed } = agreed.keys[signer as Signer];
    expect(await readJws(jws, { typ, kid, key: jwk })).toEqual(payload);
    expect(await sha256(jws)).toBe(hash);
    // Ed25519 has one signature for one message: signing again gives the very same bytes.
    expect(await signJws(typ, kid, payload, unhex(seed))).toBe(jws);
    const { protectedHeader } = await compactVerify(jws, await importJWK(jwk, 'Ed25519'));
    expect(protectedHeader).toEqual({ alg: 'Ed25519', typ, kid });
  });

  test.each(agreed.bad)('refused: $why', async ({ jws }) => {
    await expect(
      readJws(jws, { typ: 'temoin-commitment', kid: dev, key: agreed.keys.device.jwk }),
    ).rejects.toBeInstanceOf(BadStatement);
  });

  test('what jose signs we read, with a key that can’t be taken out', async () => {
    const { key, jwk } = await makeSigningKey();
    expect((key as CryptoKey).extractable).toBe(false);
    const jws = await new CompactSign(new TextEncoder().encode('{"a":1}'))
      .setProtectedHeader({ alg: 'Ed25519', typ: 't', kid: 'k' })
      .sign(key as CryptoKey);
    expect(await readJws(jws, { typ: 't', kid: 'k', key: jwk as JsonWebKey })).toEqual({ a: 1 });
  });

  test('without the browser’s Ed25519 the same bytes come from noble', async () => {
    const message = new TextEncoder().encode('the same');
    const seed = unhex(agreed.keys.device.seed);
    const jwk = agreed.keys.device.jwk;
    const signature = await signWith(seed, message);
    expect(await fits(jwk, signature, message)).toBe(true);
    const { importKey, generateKey } = crypto.subtle;
    const none = () => Promise.reject(new DOMException('no', 'NotSupportedError'));
    Object.assign(crypto.subtle, { importKey: none, generateKey: none });
    try {
      expect(await fits(jwk, signature, message)).toBe(true);
      expect(await fits(jwk, signature, new TextEncoder().encode('another'))).toBe(false);
      const made = await makeSigningKey();
      expect(await fits(made.jwk as JsonWebKey, await signWith(made.key, message), message)).toBe(true);
    } finally {
      Object.assign(crypto.subtle, { importKey, generateKey });
    }
  });
});

describe('receipts', () => {
  const jws = (typ: string) => agreed.good.find((one) => one.typ === typ)?.jws;
  const parts = async () => ({
    head: { size: 4, sha256: await sha256('head') },
    body: { size: 4, sha256: await sha256('body') },
  });

  test('a storage receipt counts for exactly this item, device, server and these bytes', async () => {
    const receipt = jws('temoin-storage-receipt');
    const item = { ...sealed, ...(await parts()) };
    expect(await readStorageReceipt(receipt, pinned, item)).toEqual({
      attested: 'match',
      at: 1763707269123,
      logIndex: 7,
    });
    await expect(
      readStorageReceipt(receipt, pinned, { ...item, id: 'b1'.repeat(16) }),
    ).rejects.toBeInstanceOf(BadStatement);
    await expect(
      readStorageReceipt(receipt, { ...pinned, device: '0d'.repeat(16) }, item),
    ).rejects.toBeInstanceOf(BadStatement);
    await expect(
      readStorageReceipt(receipt, { ...pinned, server: '0d'.repeat(16) }, item),
    ).rejects.toBeInstanceOf(BadStatement);
    await expect(
      readStorageReceipt(receipt, { ...pinned, serverKey: agreed.keys.device.jwk }, item),
    ).rejects.toBeInstanceOf(BadStatement);
    const other = { ...item, body: { size: 5, sha256: item.body.sha256 } };
    await expect(readStorageReceipt(receipt, pinned, other)).rejects.toBeInstanceOf(OtherBytes);
    await expect(
      readStorageReceipt(receipt, pinned, { ...item, body: { size: 4, sha256: null } }),
    ).rejects.toBeInstanceOf(OtherBytes);
  });

  test('a commitment receipt is none of storage, and names the statement', async () => {
    const receipt = jws('temoin-commitment-receipt');
    const commitment = agreed.good.find(({ typ }) => typ === 'temoin-commitment');
    expect(await readCommitmentReceipt(receipt, pinned, commitment?.hash ?? '')).toMatchObject({
      ids: [sealed.id],
      logIndex: 7,
    });
    await expect(readCommitmentReceipt(receipt, pinned, await sha256('another'))).rejects.toBeInstanceOf(
      BadStatement,
    );
    await expect(
      readStorageReceipt(receipt, pinned, { ...sealed, ...(await parts()) }),
    ).rejects.toBeInstanceOf(BadStatement);
  });

  test('a browser that fails to make a key once does not keep a phone from being enrolled', async () => {
    const making = vi
      .spyOn(crypto.subtle, 'generateKey')
      .mockRejectedValueOnce(new DOMException('no reason given', 'OperationError'));
    const { key, jwk } = await makeSigningKey();
    making.mockRestore();
    const message = new TextEncoder().encode('the same');
    expect(await fits(jwk as JsonWebKey, await signWith(key, message), message)).toBe(true);
  });
});
