/** Storage that the browser promises not to clear when the phone runs full. */

/** Asks; some browsers then ask the person, who should have pressed for it. @returns whether it is promised */
export async function askForLasting(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}

let asked = false;

/**
 * Asked once a page, when something is recorded and nobody pressed for it in Get ready. Only in Chromium, which decides by
 * itself: what it refused at first it may grant once the app is used. Firefox would put a question over the lens.
 */
export async function askQuietly(): Promise<void> {
  if (asked || !('userAgentData' in navigator)) return;
  asked = true;
  if (!(await navigator.storage?.persisted?.().catch(() => true))) await askForLasting();
}
