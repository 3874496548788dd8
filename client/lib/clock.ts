import type { Clock } from './contracts';

/** One measurement of the server's clock against this device's. */
export interface Offset {
  /** Server minus device, ms. */
  offset: number;
  /** Half the round trip, ms: the true offset lies within +- error. */
  error: number;
  /** Device time of the measurement, ms. */
  measured: number;
}

/** @param sent, received device wall clock, @param took round trip by the monotonic clock, @param server the answer; all ms. */
export function measure(
  sent: { wall: number; mono: number },
  received: { wall: number; mono: number },
  server: number,
): Offset {
  // Halved by the monotonic clock: the wall clock may be set while the request is on its way.
  const took = Math.max(0, received.mono - sent.mono);
  const middle = received.wall - took / 2;
  return {
    offset: Math.round(server - middle),
    error: Math.ceil(took / 2),
    measured: Math.round(received.wall),
  };
}

const STALE = 10 * 60_000;

/**
 * Which of two measurements to go on with: the sharper one, unless it is older than ten minutes or the two contradict
 * each other, which means that the device's clock was set in between.
 */
export function better(old: Offset | null, fresh: Offset): Offset {
  if (old === null) return fresh;
  const age = fresh.measured - old.measured;
  const contradict = Math.abs(fresh.offset - old.offset) > fresh.error + old.error;
  return age < 0 || age > STALE || contradict || fresh.error <= old.error ? fresh : old;
}

/** All clocks side by side, as every entry and statement carries them. */
export function readClock(offset: Offset | null): Clock {
  return {
    wall: Date.now(),
    mono: Math.round(performance.now()),
    offset: offset?.offset ?? null,
    error: offset?.error ?? null,
    measured: offset?.measured ?? null,
  };
}
