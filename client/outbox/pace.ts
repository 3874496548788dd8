/** How much to send at once, and how long to wait after a failure. */

export const SMALLEST = 64 * 1024;
export const LARGEST = 8 * 1024 * 1024;
/** A part should take about this long: what a cut costs at most, ms. */
const GOAL = 3000;

export class Pace {
  /** Bytes per ms, or null before the first measurement. */
  #speed: number | null = null;
  #failures = 0;
  #part = 4 * SMALLEST;

  /** Bytes of the next part. */
  get part(): number {
    return this.#part;
  }

  sent(bytes: number, ms: number): void {
    this.#failures = 0;
    // Small bodies measure the round trip, not the line.
    if (bytes < SMALLEST / 2) return;
    const now = bytes / Math.max(1, ms);
    this.#speed = this.#speed === null ? now : this.#speed * 0.6 + now * 0.4;
    // At most doubled: one lucky measurement must not lead to a part that takes minutes.
    this.#part = clamp(Math.min(this.#speed * GOAL, this.#part * 2));
  }

  answered(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures++;
    this.#part = clamp(this.#part / 2);
  }

  /** ms to wait before the next try: doubling from 1 s to 30 s, with jitter so that phones don't come back as one. */
  wait(asked: number | null = null, random = Math.random()): number {
    const backoff = Math.min(30_000, 1000 * 2 ** Math.min(16, Math.max(0, this.#failures - 1)));
    return Math.max(backoff * (0.5 + random / 2), (asked ?? 0) * 1000);
  }

  /** Somebody woke us: the next failure starts counting anew. */
  forget(): void {
    this.#failures = 0;
  }
}

function clamp(bytes: number): number {
  return Math.round(Math.min(LARGEST, Math.max(SMALLEST, bytes)));
}
