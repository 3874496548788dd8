/**
 * The service worker's part of sending. In sw.ts:
 *
 *     self.addEventListener('sync', (event) => { if (event.tag === SYNC_TAG) event.waitUntil(wake()); });
 */
import { notify } from '../lib/notices';
import { Store } from '../lib/store';
import { takeSeatOnce } from './seat';
import { Sender } from './sender';

export { SYNC_TAG } from './sync';

/** Asks an open page to send, else sends what it can here. @throws when not all could be sent: the browser asks again */
export async function wake(): Promise<void> {
  notify('kick');
  await takeSeatOnce(async () => {
    const store = new Store();
    try {
      await new Sender(store).drain();
    } finally {
      await store.close();
    }
  });
}
