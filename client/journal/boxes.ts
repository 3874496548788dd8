/** What is typed into the boxes of a RIO. Pure: each act gives the next state. */
import { type Anchor, DIGITS, tidy } from './validate';

export interface Boxes {
  /** Digits and `?` as typed; more than `length` or letters stay as they are. */
  text: string;
  /** Where the next character goes: a place in `text`, or its end. */
  cursor: number;
  anchor: Anchor;
  /** Places in `text`. */
  unsure: readonly number[];
  /** Digits of a RIO, as the organisation has set it. */
  length: number;
}

export function empty(length = DIGITS): Boxes {
  return { text: '', cursor: 0, anchor: 'anywhere', unsure: [], length };
}

export function put(boxes: Boxes, typed: string): Boxes {
  const sign = tidy(typed);
  if (!sign) return boxes;
  const { text, cursor } = boxes;
  return {
    ...boxes,
    text: text.slice(0, cursor) + sign + text.slice(cursor + sign.length),
    cursor: cursor + sign.length,
    unsure: boxes.unsure.filter((at) => at < cursor || at >= cursor + sign.length),
  };
}

/** Takes the character before the cursor away. In the middle it becomes unknown: the others keep their places. */
export function erase(boxes: Boxes): Boxes {
  const { text, cursor } = boxes;
  if (cursor === 0) return boxes;
  const at = cursor - 1;
  const next = cursor === text.length ? text.slice(0, at) : `${text.slice(0, at)}?${text.slice(cursor)}`;
  return { ...boxes, text: next, cursor: at, unsure: boxes.unsure.filter((place) => place !== at) };
}

/** A box was tapped: the next digit goes there. Boxes before it that are empty become unknown. */
export function select(boxes: Boxes, box: number): Boxes {
  const at = box - shift(boxes);
  if (at < 0) return boxes;
  return {
    ...boxes,
    text: boxes.text.padEnd(Math.min(at, boxes.length - 1), '?'),
    cursor: Math.min(at, boxes.length - 1),
  };
}

export function toggleUnsure(boxes: Boxes, at: number): Boxes {
  if (!/[0-9]/.test(boxes.text[at] ?? '')) return boxes;
  const has = boxes.unsure.includes(at);
  return {
    ...boxes,
    unsure: has ? boxes.unsure.filter((place) => place !== at) : [...boxes.unsure, at].sort((a, b) => a - b),
  };
}

/** The digit that "unsure" speaks of: the one under the cursor, else the last typed. */
export function current(boxes: Boxes): number {
  return boxes.cursor < boxes.text.length ? boxes.cursor : boxes.text.length - 1;
}

export function isFragment(boxes: Boxes): boolean {
  return boxes.text.length > 0 && boxes.text.length < boxes.length && /^[0-9?]+$/.test(boxes.text);
}

function shift(boxes: Boxes): number {
  return boxes.anchor === 'end' && isFragment(boxes) ? boxes.length - boxes.text.length : 0;
}

export interface Box {
  sign: string;
  /** Place in `text`, or null for a box that nothing was typed into. */
  at: number | null;
  unsure: boolean;
  cursor: boolean;
}

/** The boxes as they are drawn. */
export function drawn(boxes: Boxes): Box[] {
  const by = shift(boxes);
  return Array.from({ length: boxes.length }, (_, box) => {
    const at = box - by;
    const sign = boxes.text[at];
    return {
      sign: sign ?? '',
      at: sign === undefined ? null : at,
      unsure: boxes.unsure.includes(at),
      cursor: at === boxes.cursor || (boxes.cursor >= boxes.length && box === boxes.length - 1),
    };
  });
}
