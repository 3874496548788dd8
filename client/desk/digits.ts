/**
 * The digits of a number as they are typed at the desk: known, unknown, unsure, or one of several. Pure: each key gives
 * the next state. Which reading that makes is decided by the server (app/register/rio.py); the warnings say it early.
 */

export interface Digit {
  /** `0` to `9`, `?` for unknown, or nothing typed yet, which is unknown too. */
  sign: string;
  unsure: boolean;
  /** Digits that it may be instead. */
  others: string;
}

export interface Digits {
  boxes: readonly Digit[];
  at: number;
  /** The box that the next digit is added to as another possibility. */
  adding: number | null;
}

const BLANK: Digit = { sign: '', unsure: false, others: '' };

export function empty(length: number): Digits {
  return { boxes: Array.from({ length }, () => BLANK), at: 0, adding: null };
}

/** A stored reading in its boxes. */
export function filled(
  pattern: string,
  unsure: readonly number[],
  alternatives: Record<string, string>,
  length: number,
): Digits {
  const boxes = Array.from({ length }, (_, at) => {
    const sign = pattern[at] ?? '';
    const others = alternatives[String(at)] ?? '';
    return /[0-9]/.test(sign)
      ? { sign, others, unsure: unsure.includes(at) || others !== '' }
      : { ...BLANK, sign };
  });
  return { boxes, at: 0, adding: null };
}

/** Digits of other scripts as 0-9. */
export function plain(text: string): string {
  return text
    .replace(/[\u0660-\u0669]/g, (c) => String(c.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (c) => String(c.charCodeAt(0) - 0x6f0));
}

/** The next state, or null for a key that means nothing here. */
export function press(digits: Digits, typed: string): Digits | null {
  const key = plain(typed);
  const last = digits.boxes.length - 1;
  if (/^[0-9]$/.test(key)) return digits.adding === null ? put(digits, key) : add(digits, digits.adding, key);
  if (key === '?') return put(digits, '?');
  if (key === '/') return begin(digits);
  if (key === 'u' || key === 'U') return doubt(digits);
  if (key === 'Backspace') return erase(digits);
  if (key === 'Delete') return { ...change(digits, digits.at, BLANK), adding: null };
  if (key === 'ArrowLeft') return go(digits, digits.at - 1);
  if (key === 'ArrowRight') return go(digits, digits.at + 1);
  if (key === 'Home') return go(digits, 0);
  if (key === 'End') return go(digits, last);
  return null;
}

export function go(digits: Digits, at: number): Digits {
  return { ...digits, at: Math.max(0, Math.min(digits.boxes.length - 1, at)), adding: null };
}

/** All of a text at once, as somebody pastes it: digits and `?` from the first box on, the rest left out. */
export function paste(digits: Digits, text: string): Digits {
  let next = go(digits, 0);
  for (const sign of plain(text)
    .replace(/[^0-9?]/g, '')
    .slice(0, digits.boxes.length))
    next = put(next, sign);
  return next;
}

/** What typing a digit, `/` or the key for "unsure" is about: this box, or the one just typed. */
export function meant(digits: Digits): number {
  return digits.boxes[digits.at]?.sign === '' && digits.at > 0 ? digits.at - 1 : digits.at;
}

function change(digits: Digits, at: number, digit: Digit): Digits {
  return { ...digits, boxes: digits.boxes.map((old, place) => (place === at ? digit : old)) };
}

function put(digits: Digits, sign: string): Digits {
  const next = change(digits, digits.at, { ...BLANK, sign });
  return go(next, digits.at + 1);
}

function begin(digits: Digits): Digits {
  const at = meant(digits);
  return /[0-9]/.test(digits.boxes[at]?.sign ?? '') ? { ...digits, adding: at } : digits;
}

function add(digits: Digits, at: number, sign: string): Digits {
  const box = digits.boxes[at];
  const done = { ...digits, adding: null };
  if (!box || box.sign === sign || box.others.includes(sign)) return done;
  const others = [...box.others, sign].sort().join('');
  return change(done, at, { ...box, unsure: true, others });
}

function doubt(digits: Digits): Digits {
  const at = meant(digits);
  const box = digits.boxes[at];
  if (!box || !/[0-9]/.test(box.sign)) return digits;
  // Sure of it after all: then there is nothing that it may be instead.
  return change(
    { ...digits, adding: null },
    at,
    box.unsure ? { ...box, unsure: false, others: '' } : { ...box, unsure: true },
  );
}

function erase(digits: Digits): Digits {
  const at = meant(digits);
  return go(change(digits, at, BLANK), at);
}

/** Digits and `?`; empty where nothing is known. */
export function pattern(digits: Digits): string {
  const text = digits.boxes.map(({ sign }) => sign || '?').join('');
  return /[0-9]/.test(text) ? text : '';
}

export function unsure(digits: Digits): number[] {
  return digits.boxes.flatMap((box, at) => (box.unsure ? [at] : []));
}

export function alternatives(digits: Digits): Record<string, string> {
  return Object.fromEntries(
    digits.boxes.flatMap((box, at) => (box.others ? [[String(at), box.others] as const] : [])),
  );
}

export function known(digits: Digits): number {
  return digits.boxes.filter(({ sign }) => /[0-9]/.test(sign)).length;
}

/** What a reading says beside its boxes, as far as warnings need it. */
export interface Said {
  status: string;
  asked: string;
  how: string;
  fragments: readonly { digits: string; anchor: string }[];
  checked: boolean;
  other: string;
}

export type Warning =
  | 'needs-all'
  | 'needs-some'
  | 'is-full'
  | 'no-digits'
  | 'not-checked'
  | 'bad-fragment'
  | 'long-fragment'
  | 'not-a-number';

/** What contradicts itself, in the order of domain rules; nothing is forbidden by it, the server keeps what was seen. */
export function warnings(digits: Digits, said: Said): Warning[] {
  const found: Warning[] = [];
  const length = digits.boxes.length;
  const inBoxes = known(digits);
  const fragments = said.fragments.filter((one) => one.digits.trim() !== '');
  const some = inBoxes > 0 || fragments.length > 0;
  const told = said.asked === 'GIVEN' && said.how === 'told';
  if (fragments.some((one) => !/^[0-9\s.-]+$/.test(plain(one.digits)))) found.push('bad-fragment');
  if (fragments.some((one) => plain(one.digits).replace(/[\s.-]/g, '').length > length))
    found.push('long-fragment');
  if (said.status === 'READ_FULL' && inBoxes < length) found.push('needs-all');
  if (said.status === 'READ_PART' && inBoxes === length) found.push('is-full');
  if (said.status === 'READ_PART' && !some && said.other.trim() === '') found.push('needs-some');
  if (!said.status.startsWith('READ_') && some && !told) found.push('no-digits');
  if (said.status === 'NOT_WORN' && !said.checked) found.push('not-checked');
  return found;
}

/** The status that fits what was typed, where the person has chosen none of their own. */
export function fitting(digits: Digits, fragments: number): string | null {
  if (known(digits) === digits.boxes.length) return 'READ_FULL';
  return known(digits) > 0 || fragments > 0 ? 'READ_PART' : null;
}
