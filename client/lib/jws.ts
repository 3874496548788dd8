/**
 * Signed statements: JWS compact serialisation, alg `Ed25519` (RFC 9864), bytes kept as signed.
 *
 * Put together here because the signer may be no CryptoKey (see keys.ts), which npm `jose` does not take;
 * the tests hold both directions to `jose`.
 */
import { base64url, unbase64url, utf8 } from './bytes';
import { fits, type PrivateKey, signWith } from './keys';

/** Not a statement in the agreed form, or not signed by the key that was pinned. The message never has content. */
export class BadStatement extends Error {
  override name = 'BadStatement';
}

export async function signJws(typ: string, kid: string, payload: object, key: PrivateKey): Promise<string> {
  const signed = `${base64url(utf8(JSON.stringify({ alg: 'Ed25519', typ, kid })))}.${base64url(utf8(JSON.stringify(payload)))}`;
  return `${signed}.${base64url(await signWith(key, utf8(signed)))}`;
}

/** The payload, once header and signature are exactly as expected. The key comes from pins, never from the statement. */
export async function readJws(
  jws: unknown,
  expected: { typ: string; kid: string; key: JsonWebKey },
): Promise<Record<string, unknown>> {
  const parts = typeof jws === 'string' ? jws.split('.') : [];
  const [head, body, signature] = parts;
  if (parts.length !== 3 || !head || !body || !signature) throw new BadStatement('not a signed statement');
  const header = json(head);
  if (
    Object.keys(header).length !== 3 ||
    header.alg !== 'Ed25519' ||
    header.typ !== expected.typ ||
    header.kid !== expected.kid
  ) {
    throw new BadStatement(`not a ${expected.typ} of ${expected.kid}`);
  }
  let good = false;
  try {
    good = await fits(expected.key, unbase64url(signature), utf8(`${head}.${body}`));
  } catch {
    throw new BadStatement('the signature cannot be read');
  }
  if (!good) throw new BadStatement('signed by another key');
  return json(body);
}

function json(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(unbase64url(part)));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new BadStatement('not a signed statement');
}
