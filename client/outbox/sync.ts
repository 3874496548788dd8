/** Background Sync, where the browser has it: wakes the service worker once there is a connection, page or no page. */
import { Statements } from '../lib/statements';
import type { Store } from '../lib/store';

export const SYNC_TAG = 'temoin-send';

interface WithSync {
  sync?: { register(tag: string): Promise<void> };
}

/**
 * Asked for when the page is left with something waiting, and when a recording ends while it is hidden. Quiet where there
 * is no Background Sync, or it is switched off.
 */
export async function askForSync(store: Store): Promise<void> {
  const mode = (await store.kept('mode')) ?? 'always';
  if (mode === 'press' || !('serviceWorker' in navigator) || !(await isWaiting(store))) return;
  const registration = (await navigator.serviceWorker.getRegistration('/m/')) as
    | (ServiceWorkerRegistration & WithSync)
    | undefined;
  await registration?.sync?.register(SYNC_TAG).catch(() => undefined);
}

/** Also what is being recorded: after the screen locks in the middle of a film, this page may never run again. */
export async function isWaiting(store: Store): Promise<boolean> {
  const device = await store.kept('device');
  if (!device || device.ended !== null) return false;
  const items = await store.itemsIn('recording', 'sealed', 'committed', 'sending');
  return items.length > 0 || (await new Statements(store).waiting()).length > 0;
}
