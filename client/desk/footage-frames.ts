/**
 * The time stamps of a film's frames, as the server read them from its packets. Pure.
 *
 * Browsers seek to times, not to frames, and a recorder's frames come at uneven times: only with the table can a step
 * go to exactly the next one, and only with it can be said which frame is on the screen.
 */

/** As the server sends it: `first`, then the steps between frames, in units of `base` seconds. */
export interface FramesSaid {
  width: number;
  height: number;
  base: [number, number];
  first: number;
  steps: number[];
}

/** Seconds. A browser's time of a frame agrees with the table to microseconds, or it is another frame. */
const SAME = 0.002;
/** Seconds. A moment in whole milliseconds may lie this much before the frame that it means. */
const ROUNDED = 0.0006;

export class FrameTable {
  /** Seconds. */
  readonly times: Float64Array;
  readonly ticks: Float64Array;

  constructor(said: FramesSaid) {
    const count = said.steps.length + 1;
    this.ticks = new Float64Array(count);
    this.times = new Float64Array(count);
    let tick = said.first;
    for (let at = 0; at < count; at += 1) {
      if (at > 0) tick += said.steps[at - 1] ?? 0;
      this.ticks[at] = tick;
      this.times[at] = (tick * said.base[0]) / said.base[1];
    }
  }

  get count(): number {
    return this.times.length;
  }

  time(index: number): number {
    return this.times[this.within(index)] ?? 0;
  }

  tick(index: number): number {
    return this.ticks[this.within(index)] ?? 0;
  }

  within(index: number): number {
    return Math.max(0, Math.min(this.count - 1, index));
  }

  /** The frame that is on the screen at a moment: the last that began before it. */
  at(seconds: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.times[middle] ?? 0) <= seconds + ROUNDED) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The frame that a browser's own time of a frame means, or null where none has this time. */
  named(mediaTime: number): number | null {
    const before = this.at(mediaTime);
    for (const index of [before, before + 1])
      if (Math.abs(this.time(index) - mediaTime) < SAME) return this.within(index);
    return null;
  }

  /**
   * Moments to seek to for one frame, the most promising first: the middle of its interval. A browser may take the frame
   * before for longer than it was, so the end comes next.
   */
  moments(index: number): number[] {
    const start = this.time(index);
    const end = index + 1 < this.count ? this.time(index + 1) : start + 0.02;
    const length = end - start;
    return [start + length / 2, end - Math.min(0.001, length / 8), start + Math.min(0.001, length / 8)];
  }
}
