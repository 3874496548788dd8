/**
 * What a RIO reading may be. Pure: no DOM, no storage.
 *
 * A reading is text, never a number: leading zeros and unknown digits count. Two axes: what was visible
 * (`status`) and what asking brought (`asked`), so that "covered and refused" can be said.
 */

export type Status =
  | 'READ_FULL'
  | 'READ_PART'
  | 'NOT_WORN'
  | 'COVERED'
  | 'UNREADABLE'
  | 'DEFACED'
  | 'NOT_CHECKED';
export type Asked = 'NOT_ASKED' | 'GIVEN' | 'REFUSED' | 'NO_ANSWER' | 'EXEMPT_CLAIMED' | 'UNKNOWN';
export type How = 'eye' | 'photo' | 'zoom' | 'told' | 'memory';
export type Anchor = 'start' | 'end' | 'anywhere';

export interface Fragment {
  digits: string;
  anchor: Anchor;
}

/** The `data` of a `rio` entry. */
export interface Reading {
  officer: number;
  status: Status;
  asked: Asked;
  pattern: string | null;
  fragments: Fragment[];
  /** Positions from 0 in `pattern` that the reader is not sure of. */
  unsure: number[];
  how: How;
  /** "I could see chest, shoulders and armband." */
  checked: boolean;
  /** Kept as typed: eight or more digits, or letters. Perhaps another kind of number. */
  other: string;
}

/** Digits of a RIO where the organisation has set no other number (`rio_digits`, docs/formats.md). */
export const DIGITS = 7;

/** Digits of other scripts become 0-9; spaces, dots and hyphens go. Letters stay: O is never turned into 0. */
export function tidy(text: string): string {
  return text
    .replace(/[\u0660-\u0669]/g, (c) => String(c.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (c) => String(c.charCodeAt(0) - 0x6f0))
    .replace(/[\s.\-\u00a0\u2010-\u2015]/g, '');
}

export type Typed =
  | { kind: 'empty' }
  | { kind: 'full'; pattern: string }
  | { kind: 'part'; pattern: string }
  | { kind: 'fragment'; digits: string }
  /** Nothing is thrown away: it is stored as it is and asked about. */
  | { kind: 'other'; text: string; question: 'longer' | 'letters' };

/** What the characters in the boxes are. `fragment` when fewer than `length` were typed. */
export function read(text: string, length = DIGITS): Typed {
  const value = tidy(text);
  if (value === '' || /^\?+$/.test(value)) return { kind: 'empty' };
  if (!/^[0-9?]+$/.test(value)) return { kind: 'other', text: text.trim(), question: 'letters' };
  if (value.length > length) return { kind: 'other', text: value, question: 'longer' };
  if (value.length === length)
    return value.includes('?') ? { kind: 'part', pattern: value } : { kind: 'full', pattern: value };
  return { kind: 'fragment', digits: value };
}

/**
 * The pattern or fragment of fewer than `length` characters at `anchor`. At the start or the end the places are known, so
 * the pattern says it all; `anywhere` has none. Unknown digits inside a fragment split it, each part keeping what is known of its place.
 */
export function place(
  digits: string,
  anchor: Anchor,
  length = DIGITS,
): { pattern: string | null; fragments: Fragment[] } {
  const known = digits.split(/\?+/).filter(Boolean);
  if (anchor === 'start')
    return {
      pattern: digits.padEnd(length, '?'),
      fragments: known.length === 1 && digits[0] !== '?' ? [{ digits: known[0] as string, anchor }] : [],
    };
  if (anchor === 'end')
    return {
      pattern: digits.padStart(length, '?'),
      fragments: known.length === 1 && digits.at(-1) !== '?' ? [{ digits: known[0] as string, anchor }] : [],
    };
  return { pattern: null, fragments: known.map((part) => ({ digits: part, anchor })) };
}

export type Trouble =
  | 'needs-all'
  | 'needs-some'
  | 'no-digits'
  | 'not-seen'
  | 'bad-pattern'
  | 'bad-unsure'
  | 'empty';

/** Everything that keeps a reading from being what its status says; empty when it is sound. */
export function troubles(reading: Reading, length = DIGITS): Trouble[] {
  const found: Trouble[] = [];
  const { pattern, fragments, status } = reading;
  const shaped = pattern === null || new RegExp(`^[0-9?]{${length}}$`).test(pattern);
  if (!shaped || fragments.some(({ digits }) => !/^[0-9]{1,}$/.test(digits) || digits.length > length))
    found.push('bad-pattern');
  const known = (pattern ?? '').replace(/\?/g, '').length;
  const told = reading.asked === 'GIVEN' && reading.how === 'told';
  if (status === 'READ_FULL' && known !== length) found.push('needs-all');
  if (status === 'READ_PART') {
    if (known === length) found.push('bad-pattern');
    if (known === 0 && fragments.length === 0 && reading.other === '') found.push('needs-some');
  }
  if (status !== 'READ_FULL' && status !== 'READ_PART' && (known > 0 || fragments.length > 0) && !told)
    found.push('no-digits');
  if (status === 'NOT_WORN' && !reading.checked) found.push('not-seen');
  if (reading.unsure.some((at) => !/[0-9]/.test((pattern ?? '')[at] ?? ''))) found.push('bad-unsure');
  return found;
}

export interface Draft {
  officer: number;
  /** As typed. */
  text: string;
  anchor: Anchor;
  /** Positions in `text` marked unsure. */
  unsure: number[];
  /** A chip chosen, or null: then the digits say what was read. */
  status: Status | null;
  asked: Asked;
  how: How;
  checked: boolean;
}

/** What will be sealed. "Not worn" without having seen everything becomes "could not look". */
export function settle(draft: Draft, length = DIGITS): Reading {
  const typed = read(draft.text, length);
  const base: Reading = {
    officer: draft.officer,
    status: draft.status ?? 'NOT_CHECKED',
    asked: draft.asked,
    pattern: null,
    fragments: [],
    unsure: [],
    how: draft.how,
    checked: draft.checked,
    other: '',
  };
  if (base.status === 'NOT_WORN' && !draft.checked) base.status = 'NOT_CHECKED';
  if (typed.kind === 'empty') return base;
  if (typed.kind === 'other') {
    // The status goes on saying what was visible: a string of another kind is no reading of the RIO.
    return { ...base, status: draft.status ? base.status : 'READ_PART', other: typed.text };
  }
  const told = draft.asked === 'GIVEN' && draft.how === 'told';
  const shift = typed.kind === 'fragment' && draft.anchor === 'end' ? length - typed.digits.length : 0;
  const digits =
    typed.kind === 'fragment'
      ? place(typed.digits, draft.anchor, length)
      : { pattern: typed.pattern, fragments: [] };
  const unsure = digits.pattern
    ? draft.unsure.map((at) => at + shift).filter((at) => /[0-9]/.test((digits.pattern as string)[at] ?? ''))
    : [];
  const status = told && draft.status ? base.status : typed.kind === 'full' ? 'READ_FULL' : 'READ_PART';
  return { ...base, ...digits, unsure: [...new Set(unsure)].sort((a, b) => a - b), status };
}

/** Markings of units: patterns that are proposed, never forced. */
export const marks = {
  company: /^((CRS|Cie\.?)\s*)?((IX|IV|V?I{1,3}|V)\s*[-/]\s*)?\d{1,2}$/i,
  back: /^[1-4]\s?[A-C]$/i,
  squadron: /^\d{1,2}\/[1-9]$/,
  vehicle: /^[A-E]\d$/i,
  plate: /^(?!SS|WW)[A-HJ-NP-TV-Z?]{2}-?[\d?]{3}-?(?!SS)[A-HJ-NP-TV-Z?]{2}$/i,
  matricule: /^\d{1,10}$/,
} as const;
