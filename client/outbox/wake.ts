/**
 * The service worker's part of sending. In sw.ts:
 *
 *     self.addEventListener('sync', (event) => { if (event.tag === SYNC_TAG) event.waitUntil(wake()); });
 */
import { notify } from '../lib/notices';
import { Store } from '../lib/store';
import { answerForSender, SENDER_LOCK } from './seat';
import { Sender } from './sender';

export { SYNC_TAG } from './sync';

/** Asks an open page to send, else sends what it can here. @throws when not all could be sent: the browser asks again */
export async function wake(): Promise<void> {
  notify('kick');
  await navigator.locks.request(SENDER_LOCK, { ifAvailable: true }, async (lock) => {
    // Held: a page is there and has been woken.
    if (lock === null) return;
    const store = new Store();
    const quiet = answerForSender();
    try {
      await new Sender(store).drain();
    } finally {
      quiet();
      await store.close();
    }
  });
}
