/** What Node lacks of a browser: Web Locks in one process, a navigator, IndexedDB in memory. Real ones: tests/browser. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach } from 'vitest';

type Grant = (lock: { name: string } | null) => unknown;

class Locks {
  readonly #held = new Map<string, Promise<unknown>>();

  async request(name: string, options: { ifAvailable?: boolean } | Grant, grant?: Grant): Promise<unknown> {
    const work = (grant ?? options) as Grant;
    const before = this.#held.get(name);
    if (before && typeof options === 'object' && options.ifAvailable) return await work(null);
    const mine = (async () => {
      await before?.catch(() => undefined);
      return await work({ name });
    })();
    this.#held.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#held.get(name) === mine) this.#held.delete(name);
    }
  }
}

const fakeNavigator = { locks: new Locks(), languages: ['en'], storage: {} as Record<string, unknown> };
Object.defineProperty(globalThis, 'navigator', { value: fakeNavigator, configurable: true, writable: true });
Object.defineProperty(globalThis, 'location', {
  value: new URL('https://phone.test/m/'),
  configurable: true,
});

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
