/**
 * Ed25519 keys of this phone and of those it listens to. WebCrypto where the browser has Ed25519; else noble, with
 * the 32 bytes kept by us (a "non-extractable" key lies in clear in the browser's database as well).
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, base64url, unbase64url } from './bytes';

/** Public key as the statements write it. */
export interface PublicJwk {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
}
export type PrivateKey = CryptoKey | Uint8Array;

export async function makeSigningKey(): Promise<{ key: PrivateKey; jwk: PublicJwk }> {
  try {
    const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
    const x = base64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
    return { key: pair.privateKey, jwk: { kty: 'OKP', crv: 'Ed25519', x } };
  } catch {
    // No Ed25519 here; or WebKitGTK, where one try in a hundred to make a key fails for no reason that it gives.
    const key = crypto.getRandomValues(new Uint8Array(32));
    return { key, jwk: { kty: 'OKP', crv: 'Ed25519', x: base64url(ed25519.getPublicKey(key)) } };
  }
}

export async function signWith(key: PrivateKey, message: Bytes): Promise<Bytes> {
  if (key instanceof Uint8Array) return new Uint8Array(ed25519.sign(message, key));
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));
}

/** @throws where `jwk` is not an Ed25519 key */
export async function fits(jwk: JsonWebKey, signature: Bytes, message: Bytes): Promise<boolean> {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.x !== 'string')
    throw new Error('not an Ed25519 key');
  const raw = unbase64url(jwk.x);
  if (raw.length !== 32 || signature.length !== 64) return false;
  try {
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, signature, message);
  } catch (error) {
    // DataError: 32 bytes that are no key. Nobody can have signed with it.
    if (error instanceof DOMException && error.name === 'DataError') return false;
    if (!unsupported(error)) throw error;
    return ed25519.verify(signature, message, raw);
  }
}

/** RFC 7638 thumbprint: how people compare two keys. */
export async function thumbprint(jwk: JsonWebKey): Promise<string> {
  const canonical = new TextEncoder().encode(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }));
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', canonical)));
}

const unsupported = (error: unknown) => error instanceof DOMException && error.name === 'NotSupportedError';
