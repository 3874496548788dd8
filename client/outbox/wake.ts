/**
 * The service worker's part of sending. In sw.ts:
 *
 *     self.addEventListener('sync', (event) => { if (event.tag === SYNC_TAG) event.waitUntil(wake()); });
 */
import { notify } from '../lib/notices';
import { Store } from '../lib/store';
import { takeSeatOnce } from './seat';
import { Sender } from './sender';
import { isWaiting } from './sync';

export { SYNC_TAG } from './sync';

/** Asks an open page to send, else sends what it can here. @throws when not all could be sent: the browser asks again */
export async function wake(): Promise<void> {
  notify('kick');
  const store = new Store();
  try {
    const sat = await takeSeatOnce(() => new Sender(store).drain());
    // The page may be ended before it is through.
    if (!sat && (await isWaiting(store))) throw new Error('a page sends, and is not through');
  } finally {
    await store.close();
  }
}
