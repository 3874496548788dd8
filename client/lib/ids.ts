import { hex } from './bytes';

/** Id of an item or an observation: 16 random bytes, 32 lower-case hex digits. */
export function newId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

export const isId = (text: unknown): text is string =>
  typeof text === 'string' && /^[0-9a-f]{32}$/.test(text);

/** Crockford's base32: no I, L, O, U, so that a reference survives being read aloud. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Reference of an observation, `K7Q-2M4`: the first 30 bits of its id, the same on phone and desk. */
export function reference(observation: string): string {
  if (!isId(observation)) throw new Error('not an observation id');
  const bits = Number.parseInt(observation.slice(0, 8), 16) >>> 2;
  let text = '';
  for (let shift = 25; shift >= 0; shift -= 5) text += ALPHABET.charAt((bits >>> shift) & 31);
  return `${text.slice(0, 3)}-${text.slice(3)}`;
}
