/** The marked region, in pixels of the upright picture of the working copy. Pure. */

export interface Region {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Size {
  width: number;
  height: number;
}

export const LEAST = 4; // pixels, as the server has it

const whole = (value: number, low: number, high: number) => Math.round(Math.max(low, Math.min(high, value)));

/** The nearest region of at least LEAST pixels a side that lies on the picture; its size is kept where it can be. */
export function fitted(region: Region, on: Size): Region {
  const w = whole(region.w, Math.min(LEAST, on.width), on.width);
  const h = whole(region.h, Math.min(LEAST, on.height), on.height);
  return { x: whole(region.x, 0, on.width - w), y: whole(region.y, 0, on.height - h), w, h };
}

export function moved(region: Region, dx: number, dy: number, on: Size): Region {
  return fitted({ ...region, x: region.x + dx, y: region.y + dy }, on);
}

/** The right and lower edges move; the upper left corner stays. */
export function resized(region: Region, dw: number, dh: number, on: Size): Region {
  const w = whole(region.w + dw, LEAST, on.width - region.x);
  const h = whole(region.h + dh, LEAST, on.height - region.y);
  return { ...region, w, h };
}

export interface Point {
  x: number;
  y: number;
}

/** From one corner to the opposite one, whichever they are. */
export function between(a: Point, b: Point, on: Size): Region {
  const left = Math.max(0, Math.min(a.x, b.x));
  const top = Math.max(0, Math.min(a.y, b.y));
  const right = Math.min(on.width, Math.max(a.x, b.x));
  const bottom = Math.min(on.height, Math.max(a.y, b.y));
  return fitted({ x: left, y: top, w: right - left, h: bottom - top }, on);
}

export type Handle = 'nw' | 'ne' | 'sw' | 'se';

/** A corner was drawn to a point; the opposite one stays. */
export function drawn(region: Region, handle: Handle, to: Point, on: Size): Region {
  const { x, y, w, h } = region;
  const fixed = { x: handle.endsWith('w') ? x + w : x, y: handle.startsWith('n') ? y + h : y };
  return between(fixed, to, on);
}

/** What a person who has marked nothing yet may begin with: a strip like a number's, in the middle of what is seen. */
export function proposed(seen: Region, on: Size): Region {
  const w = Math.max(LEAST, seen.w / 4);
  const h = Math.max(LEAST, w / 3);
  return fitted({ x: seen.x + (seen.w - w) / 2, y: seen.y + (seen.h - h) / 2, w, h }, on);
}

/** How far a key goes: a pixel of the screen or of the picture, whichever is more; ten times as far with `far`. */
export function step(scale: number, far = false): number {
  return Math.max(1, Math.round((far ? 10 : 1) / scale));
}
