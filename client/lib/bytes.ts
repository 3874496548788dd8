/** Bytes as text and back. */

const encoder = new TextEncoder();

/** `crypto.subtle` and Blob take no view on shared memory; ours never are. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => encoder.encode(text);

export function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function unhex(text: string): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw new Error('not lower-case hexadecimal');
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(i * 2, i * 2 + 2), 16),
  );
}

/** Base64url without padding (RFC 4648, 5): the form of hashes in statements, receipts and the log. */
export function base64url(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Strict: refuses padding and other alphabets, so that one value has one spelling. */
export function unbase64url(text: string): Bytes {
  if (/[^A-Za-z0-9_-]/.test(text) || text.length % 4 === 1) throw new Error('not base64url');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** SHA-256 of bytes at hand, base64url. For what doesn't fit into memory: `Digest` in digest.ts. */
export async function sha256(bytes: Uint8Array | string): Promise<string> {
  const data = typeof bytes === 'string' ? utf8(bytes) : (bytes as Bytes);
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', data)));
}
