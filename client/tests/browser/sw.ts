/** The app's own service worker; besides, a test may wake the outbox by a message and hear what came of it. */
import '../../sw';
import { wake } from '../../outbox/wake';

declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('message', (event) => {
  const [port] = event.ports;
  if (event.data !== 'wake') return;
  event.waitUntil(
    wake().then(
      () => port?.postMessage('done'),
      (error: unknown) => port?.postMessage(String(error)),
    ),
  );
});
