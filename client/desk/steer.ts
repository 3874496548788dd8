/**
 * One master clock for several media, and how each is kept in step with it. Pure: no page, no timers of its own.
 *
 * A film that is a little off is played a little faster or slower until it fits; only one that is far off jumps. So
 * nobody sees or hears a seam, and what two people filmed stays side by side.
 */
export const JUMP = 0.4; // seconds off: a jump is less of a disturbance than the catching up
export const FITS = 0.04; // seconds: a frame of 25 a second
const GENTLE = 0.1; // of the speed, at most

/** Seconds a film is ahead (positive) or behind; what to do about it at a speed of the master clock. */
export function correction(drift: number, rate: number): { jump: boolean; rate: number } {
  if (Math.abs(drift) > JUMP) return { jump: true, rate };
  if (Math.abs(drift) <= FITS) return { jump: false, rate };
  const bent = Math.max(-GENTLE, Math.min(GENTLE, -drift * 0.5));
  return { jump: false, rate: rate * (1 + bent) };
}

/** A moment on the axis that runs, ms. `held` while something loads: time stands still then for all. */
export class MasterClock {
  private base: number;
  private from = 0;
  playing = false;
  held = false;
  private speed = 1;

  private readonly start: number;
  private readonly end: number;
  private readonly now: () => number;

  constructor(start: number, end: number, now: () => number) {
    this.start = start;
    this.end = end;
    this.now = now;
    this.base = start;
  }

  get at(): number {
    const ran = this.playing && !this.held ? (this.now() - this.from) * this.speed : 0;
    return Math.min(this.end, this.base + ran);
  }

  get rate(): number {
    return this.speed;
  }

  get ended(): boolean {
    return this.at >= this.end;
  }

  private settle(change: () => void): void {
    this.base = this.at;
    this.from = this.now();
    change();
  }

  seek(at: number): void {
    this.settle(() => {
      this.base = Math.max(this.start, Math.min(this.end, at));
    });
  }

  setRate(rate: number): void {
    this.settle(() => {
      this.speed = rate;
    });
  }

  play(on: boolean): void {
    this.settle(() => {
      if (on && this.base >= this.end) this.base = this.start;
      this.playing = on;
      this.held = false;
    });
  }

  hold(on: boolean): void {
    if (on !== this.held)
      this.settle(() => {
        this.held = on;
      });
  }
}

/** A stretch of the axis that a medium fills, ms. `over`: a film goes before a photo taken while it ran. */
export interface Span {
  start: number;
  length: number;
  over: number;
}

/** Whether a medium is on at a moment. */
export function on({ start, length }: Span, at: number): boolean {
  return at >= start && at < start + length;
}

/** Which of the pictures of one lane is seen at a moment: the one that goes before, else the one that began last. */
export function running<T extends Span>(pieces: T[], at: number): T | undefined {
  return pieces
    .filter((one) => on(one, at))
    .reduce<T | undefined>(
      (best, one) => (best && (best.over - one.over || best.start - one.start) > 0 ? best : one),
      undefined,
    );
}

/** The photo that is seen beside a film of the same lane: the last one taken while that film ran. */
export function beside<T extends Span>(pieces: T[], at: number): T | undefined {
  const seen = running(pieces, at);
  if (!seen?.over) return undefined;
  return running(
    pieces.filter((one) => !one.over),
    at,
  );
}
