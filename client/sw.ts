/**
 * Keeps the app on the phone, wakes the outbox, and hands decrypted ranges from the open page to the player.
 *
 * It keeps the shell and nothing else: never an answer of /api/, never content. A new version waits beside the old one
 * until the person asks for it: a recording is never interrupted by an update.
 */
import { SYNC_TAG, wake } from './outbox/wake';
import { wanted } from './shell/range';

declare const self: ServiceWorkerGlobalScope;

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}
interface PlayAnswer {
  size: number | null;
  bytes: Uint8Array<ArrayBuffer> | null;
}

const SHELL = `shell-${BUILD}`;
/** Range answered at once: enough to start, small enough for a phone's memory. */
const PART = 512 * 1024;
const OPTIONAL = '/m/rights.json';

self.addEventListener('install', (event) => event.waitUntil(keepShell()));

/** All files of this build, or none: half a shell would open to a blank page. */
async function keepShell(): Promise<void> {
  const answer = await fetch('/m/shell.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error('the list of files is missing');
  const { build, files } = (await answer.json()) as { build: string; files: string[] };
  // The server changed versions between this file and its list: tried again at the next look.
  if (build !== BUILD) throw new Error('the list of files belongs to another build');
  const cache = await caches.open(SHELL);
  await cache.addAll(files.map((file) => new Request(file, { cache: 'no-cache' })));
  await freshen(cache, OPTIONAL);
}

self.addEventListener('activate', (event) => event.waitUntil(dropOld()));

async function dropOld(): Promise<void> {
  for (const name of await caches.keys())
    if (name.startsWith('shell-') && name !== SHELL) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener('message', (event) => {
  if ((event.data as { type?: string } | null)?.type === 'take-over') void self.skipWaiting();
});

self.addEventListener('sync', (event) => {
  const sync = event as SyncEvent;
  if (sync.tag === SYNC_TAG) sync.waitUntil(wake());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || request.method !== 'GET' || url.pathname.startsWith('/api/'))
    return;
  const playing = url.pathname.match(/^\/m\/play\/([0-9a-f]{32})$/);
  if (playing) event.respondWith(play(playing[1] as string, request.headers.get('Range'), event.clientId));
  else if (url.pathname === OPTIONAL) event.respondWith(optional());
  else if (url.pathname.startsWith('/m/') || url.pathname.startsWith('/static/'))
    event.respondWith(shell(request, url));
});

async function shell(request: Request, url: URL): Promise<Response> {
  const cache = await caches.open(SHELL);
  // Every address of the app is the same page; what follows # never gets here.
  const key = request.mode === 'navigate' && url.pathname === '/m/' ? '/m/' : url.pathname;
  return (await cache.match(key)) ?? fetch(request);
}

/** The organisation's own card of rights: fresh where there is a connection, else as last seen. */
async function optional(): Promise<Response> {
  const cache = await caches.open(SHELL);
  await freshen(cache, OPTIONAL);
  return (await cache.match(OPTIONAL)) ?? empty(204);
}

async function freshen(cache: Cache, address: string): Promise<void> {
  try {
    const answer = await fetch(address, { cache: 'no-store' });
    if (answer.status === 200) await cache.put(address, answer);
    if (answer.status === 404 || answer.status === 204) await cache.delete(address);
  } catch {
    // Offline: what is kept serves.
  }
}

/** One range of one item, decrypted by the page that asks for it. Nothing is kept here. */
async function play(item: string, range: string | null, clientId: string): Promise<Response> {
  const client = clientId ? await self.clients.get(clientId) : undefined;
  if (!client) return empty(404);
  const asked = wanted(range, PART);
  if (asked.kind === 'whole') return whole(client, item);
  if (asked.kind === 'part') return part(client, item, asked.from, asked.length);
  return asked.kind === 'last' ? suffix(client, item, asked.length) : empty(416);
}

async function part(client: Client, item: string, from: number, length: number): Promise<Response> {
  const { size, bytes } = await ask(client, item, from, length);
  if (size === null || !bytes) return empty(404);
  if (bytes.length === 0) return empty(416, { 'Content-Range': `bytes */${size}` });
  return new Response(bytes, {
    status: 206,
    headers: {
      ...quiet,
      'Content-Range': `bytes ${from}-${from + bytes.length - 1}/${size}`,
      'Content-Length': String(bytes.length),
    },
  });
}

async function suffix(client: Client, item: string, length: number): Promise<Response> {
  const { size } = await ask(client, item, 0, 0);
  if (size === null) return empty(404);
  return part(client, item, Math.max(0, size - length), length);
}

/** Pictures ask for everything: handed on part by part as the reader takes it. */
async function whole(client: Client, item: string): Promise<Response> {
  const { size } = await ask(client, item, 0, 0);
  if (size === null) return empty(404);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { bytes } = at < size ? await ask(client, item, at, PART) : { bytes: null };
      if (!bytes || bytes.length === 0) {
        if (at < size) controller.error(new Error('the page can no longer open it'));
        else controller.close();
        return;
      }
      at += bytes.length;
      controller.enqueue(bytes);
    },
  });
  return new Response(body, { headers: { ...quiet, 'Content-Length': String(size) } });
}

const quiet = { 'Accept-Ranges': 'bytes', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

function empty(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { 'Cache-Control': 'no-store', ...headers } });
}

const PATIENCE = 15_000;

function ask(client: Client, item: string, from: number, length: number): Promise<PlayAnswer> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    const late = setTimeout(() => done({ size: null, bytes: null }), PATIENCE);
    port1.onmessage = ({ data }: MessageEvent<PlayAnswer>) => {
      clearTimeout(late);
      port1.close();
      done(data);
    };
    client.postMessage({ type: 'play', item, from, length }, [port2]);
  });
}
