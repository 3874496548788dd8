// What Node lacks of a browser for the phone's own code: Web Locks in one process, an address, IndexedDB in memory.
import 'fake-indexeddb/auto';

const held = new Map();

async function request(name, options, grant) {
  const work = grant ?? options;
  const before = held.get(name);
  if (before && options.ifAvailable) return await work(null);
  const mine = (async () => {
    await before?.catch(() => undefined);
    return await work({ name });
  })();
  held.set(name, mine);
  try {
    return await mine;
  } finally {
    if (held.get(name) === mine) held.delete(name);
  }
}

const set = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
set('navigator', { locks: { request }, languages: ['en'], storage: {} });

const net = globalThis.fetch;

/** From now on the app's addresses lie there. */
export function live(origin) {
  set('location', new URL('/m/', origin));
  globalThis.fetch = (path, init) => net(new URL(path, origin), init);
}
