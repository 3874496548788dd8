/** An invitation as people bring it: a link, what a QR code says, or ten characters. Pure. */

/** The secret in `text`, or null. A secret has 43 characters of base64url; a code has ten letters and digits. */
export function secretIn(text: string): string | null {
  const trimmed = text.trim();
  // Only what follows # counts in a link: that part never reaches a server on its own.
  const part = /^https?:/i.test(trimmed) ? (trimmed.split('#')[1] ?? '') : trimmed;
  const secret = part.match(/(?:^|[^A-Za-z0-9_-])([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])/);
  if (secret) return secret[1] as string;
  const code = part.replace(/[\s\-\u2010-\u2015.]/g, '').toUpperCase();
  return /^[0-9A-Z]{10}$/.test(code) ? code : null;
}
