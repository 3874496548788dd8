/**
 * The one seat of the sender, over all tabs and the service worker: a Web Lock. A tab that the system froze keeps its locks
 * and sends nothing; who waits asks from time to time whether the sender still answers, and takes the seat if it does not.
 * Asked by message and not by the clock: timers of a hidden tab run once a minute, messages come through.
 */
import { notify, onNotice } from '../lib/notices';

export const SENDER_LOCK = 'temoin-sender';

/** How often a waiting page that is seen asks, and how long it waits for a word; ms. */
export const ASK_EVERY = 20_000;
export const PATIENCE = 5000;

export interface Asking {
  /** Whether this page is in front: only then it asks. */
  seen?: () => boolean;
  every?: number;
  patience?: number;
}

/** Answers for the one who sits here, as long as the seat is held. */
async function sitting(work: () => Promise<void>): Promise<void> {
  const quiet = onNotice((notice) => {
    if (notice === 'sender?') notify('sender!');
  });
  try {
    await work();
  } finally {
    quiet();
  }
}

/**
 * Runs `work` in the seat, now or when it is free; for as long as the page lives. `work` ends soon after `stop`, which comes
 * when another tab took the seat: then this one waits for it again.
 */
export async function takeSeat(
  work: (stop: AbortSignal) => Promise<void>,
  { seen = () => true, every = ASK_EVERY, patience = PATIENCE }: Asking = {},
): Promise<void> {
  for (;;) {
    const stop = new AbortController();
    const sit = () => sitting(() => work(stop.signal));
    try {
      await waitForSeat(sit, { seen, every, patience });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
      // Taken: this page was frozen and runs again, or answered too late.
    }
    stop.abort();
  }
}

/**
 * Runs `work` in the seat now, unless a page sits there and answers. One that was frozen or is just being closed answers
 * nothing: to believe that it sends would use up the wake-up. @returns whether it was run
 */
export async function takeSeatOnce(work: () => Promise<void>, patience = PATIENCE): Promise<boolean> {
  const sit = () => sitting(work);
  const sat = await navigator.locks.request(SENDER_LOCK, { ifAvailable: true }, async (lock) => {
    if (lock === null) return false;
    await sit();
    return true;
  });
  if (sat) return true;
  if (await answers(patience)) return false;
  await navigator.locks.request(SENDER_LOCK, { steal: true }, sit);
  return true;
}

/** Resolves when `sit` has ended; rejects with AbortError when the seat was taken away. */
async function waitForSeat(
  sit: () => Promise<void>,
  { seen, every, patience }: Required<Asking>,
): Promise<void> {
  const waiting = new AbortController();
  let seated = false;
  const queued = navigator.locks.request(SENDER_LOCK, { signal: waiting.signal }, () => {
    seated = true;
    return sit();
  });
  const asked = setInterval(async () => {
    if (seated) {
      clearInterval(asked);
      return;
    }
    if (!seen() || (await answers(patience)) || seated) return;
    waiting.abort(STEAL);
  }, every);
  try {
    await queued;
  } catch (error) {
    if (error !== STEAL) throw error;
    await navigator.locks.request(SENDER_LOCK, { steal: true }, sit);
  } finally {
    clearInterval(asked);
  }
}

const STEAL = new Error('the sender does not answer');

function answers(patience: number): Promise<boolean> {
  return new Promise((done) => {
    const end = (answer: boolean) => {
      clearTimeout(late);
      stop();
      done(answer);
    };
    const stop = onNotice((notice) => notice === 'sender!' && end(true));
    const late = setTimeout(() => end(false), patience);
    notify('sender?');
  });
}
