/** Media in step: one clock, gentle corrections, and that they bring every film to where it should be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beside, correction, FITS, JUMP, MasterClock, running } from '../desk/steer';

describe('correction', () => {
  it('leaves alone what fits, bends what is a little off, and jumps only when far off', () => {
    expect(correction(0.02, 1)).toEqual({ jump: false, rate: 1 });
    expect(correction(0.1, 1).rate).toBeCloseTo(0.95);
    expect(correction(-0.1, 2).rate).toBeCloseTo(2.1);
    expect(correction(0.39, 1).rate).toBeCloseTo(0.9);
    expect(correction(-0.5, 1)).toEqual({ jump: true, rate: 1 });
  });

  it('never plays more than a tenth faster or slower', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.constantFrom(0.25, 0.5, 1, 2),
        (drift, rate) => {
          expect(Math.abs(correction(drift, rate).rate / rate - 1)).toBeLessThanOrEqual(0.1 + 1e-9);
        },
      ),
    );
  });

  it('brings any drift within one frame, without overshooting', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -JUMP, max: JUMP, noNaN: true }),
        fc.constantFrom(0.25, 0.5, 1, 2),
        (start, rate) => {
          let drift = start;
          for (let seconds = 0; seconds < 60 && Math.abs(drift) > FITS; seconds += 1 / 60) {
            const before = Math.abs(drift);
            drift += (correction(drift, rate).rate - rate) / 60;
            expect(Math.abs(drift)).toBeLessThanOrEqual(before);
          }
          expect(Math.abs(drift)).toBeLessThanOrEqual(FITS);
        },
      ),
    );
  });
});

describe('the master clock', () => {
  it('runs at its speed, stands still while held, and ends', () => {
    let now = 1000;
    const clock = new MasterClock(50_000, 60_000, () => now);
    expect(clock.at).toBe(50_000);
    clock.play(true);
    now += 2000;
    expect(clock.at).toBe(52_000);
    clock.setRate(0.5);
    now += 2000;
    expect(clock.at).toBe(53_000);
    clock.hold(true);
    now += 9000;
    expect(clock.at).toBe(53_000);
    clock.hold(false);
    now += 1000;
    expect(clock.at).toBe(53_500);
    clock.seek(59_000);
    now += 60_000;
    expect([clock.at, clock.ended]).toEqual([60_000, true]);
    clock.play(false);
    clock.play(true); // from the beginning again
    expect(clock.at).toBe(50_000);
  });

  it('stays on its axis wherever somebody looks', () => {
    const clock = new MasterClock(10, 20, () => 0);
    for (const [at, is] of [
      [-5, 10],
      [15, 15],
      [99, 20],
    ] as const) {
      clock.seek(at);
      expect(clock.at).toBe(is);
    }
  });
});

describe('what runs in a lane', () => {
  const film = { start: 100, length: 50, over: 1 };
  const photo = { start: 120, length: 50, over: 0 };
  const later = { start: 160, length: 5, over: 0 };
  it('is a film before a photo taken meanwhile, then what began last, and nothing in a gap', () => {
    expect(running([film, photo], 110)).toBe(film);
    expect(running([film, photo], 125)).toBe(film);
    expect(running([photo, film], 125)).toBe(film);
    expect(running([film, photo], 150)).toBe(photo);
    expect(running([later, photo], 162)).toBe(later);
    expect(running([film, photo], 170)).toBeUndefined();
    expect(running([], 1)).toBeUndefined();
  });
});

describe('a photo beside a film', () => {
  const film = { start: 1000, length: 60_000, over: 1 };
  const first = { start: 5000, length: 15_000, over: 0 };
  const second = { start: 9000, length: 15_000, over: 0 };
  const pieces = [film, first, second];

  it('is the last one taken while that film ran, for as long as a photo stays', () => {
    expect(beside(pieces, 4000)).toBeUndefined();
    expect(beside(pieces, 6000)).toBe(first);
    expect(beside(pieces, 10_000)).toBe(second);
    expect(beside(pieces, 30_000)).toBeUndefined();
  });

  it('is none where no film runs: then it has the place for itself', () => {
    expect(beside([first], 6000)).toBeUndefined();
    expect(running([first], 6000)).toBe(first);
  });
});
