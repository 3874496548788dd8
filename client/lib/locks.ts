/** Web Locks: over tabs and workers, let go of by the browser when their holder dies. */

/** Resolves when the lock is held. @returns the way to let go of it */
export function hold(name: string): Promise<() => void> {
  return new Promise((held, failed) => {
    navigator.locks.request(name, () => new Promise<void>((release) => held(release))).catch(failed);
  });
}

/** Whether nobody holds it at this moment. */
export async function isFree(name: string): Promise<boolean> {
  return await navigator.locks.request(name, { ifAvailable: true }, async (lock) => lock !== null);
}
