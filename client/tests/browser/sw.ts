/** A service worker with nothing but the outbox's wake, told by a message instead of Background Sync. */
import { wake } from '../../outbox/wake';

declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => {
  const [port] = event.ports;
  event.waitUntil(
    wake().then(
      () => port?.postMessage('done'),
      (error: unknown) => port?.postMessage(String(error)),
    ),
  );
});
