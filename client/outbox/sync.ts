/** Background Sync, where the browser has it: wakes the service worker once there is a connection, page or no page. */
import type { Store } from '../lib/store';

export const SYNC_TAG = 'temoin-send';

interface WithSync {
  sync?: { register(tag: string): Promise<void> };
}

/** Asked for when the page is left with something waiting. Quiet where there is no Background Sync, or it is switched off. */
export async function askForSync(store: Store): Promise<void> {
  const mode = (await store.kept('mode')) ?? 'always';
  if (mode === 'press' || !('serviceWorker' in navigator)) return;
  const waits = (await store.itemsIn('sealed', 'committed', 'sending')).length > 0;
  if (!waits) return;
  const registration = (await navigator.serviceWorker.getRegistration('/m/')) as
    | (ServiceWorkerRegistration & WithSync)
    | undefined;
  await registration?.sync?.register(SYNC_TAG).catch(() => undefined);
}
