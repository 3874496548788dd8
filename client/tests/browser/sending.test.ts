import { readdir, readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { Decrypter } from 'age-encryption';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { note } from '../support/phone';
import { FakeServer } from '../support/server';
import { Phone, serve } from './harness';
import type { Driver } from './page';

declare const driver: Driver;

let api: FakeServer;
let origin: string;
let server: Server;
let phone: Phone;
let page: Page;

beforeEach(async () => {
  api = await FakeServer.make();
  ({ origin, server } = await serve({ api }));
  phone = await Phone.make();
  page = await phone.open(`${origin}/m/`);
  await page.evaluate((secret) => driver.redeem(secret), api.invitation);
});
afterEach(async () => {
  await phone.close();
  server.close();
});

const states = (tab: Page) =>
  tab.evaluate(async () => (await driver.items()).map(({ state }) => state).sort());

/** The browser's own event, as it comes when there is a connection again. */
async function dispatchSync(tab: Page): Promise<void> {
  const devtools = await tab.context().newCDPSession(tab);
  const registered = new Promise<string>((found) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [mine] = registrations.filter(({ scopeURL }) => scopeURL === `${origin}/m/`);
      if (mine) found(mine.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await registered;
  const event = { origin, registrationId, tag: 'temoin-send', lastChance: false };
  await devtools.send('ServiceWorker.dispatchSyncEvent', event);
}

/**
 * From here on nothing of this tab runs, until what is returned is called. Its sender is at rest: stopped inside a
 * transaction it would hold up the database for all.
 */
async function freeze(tab: Page): Promise<() => Promise<void>> {
  await tab.evaluate(() => driver.rested());
  const devtools = await tab.context().newCDPSession(tab);
  await devtools.send('Debugger.enable');
  const paused = new Promise((done) => devtools.once('Debugger.paused', done));
  await devtools.send('Debugger.pause');
  void tab.evaluate(() => 0).catch(() => undefined);
  await paused;
  return async () => {
    await devtools.send('Debugger.resume');
    await devtools.send('Debugger.disable');
  };
}

/** A film of `slices` x 100 kB, a slice every 100 ms. */
async function film(tab: Page, slices: number): Promise<string> {
  return await tab.evaluate(async (n) => {
    const id = await driver.start('film');
    for (let i = 1; i <= n; i++) {
      await driver.write(id, i, 100_000);
      await new Promise((next) => setTimeout(next, 100));
    }
    await driver.finish(id);
    return id;
  }, slices);
}

describe('sending from a real browser', () => {
  test('two tabs, one sender; it goes on in the other when the first is closed', async () => {
    const other = await phone.tab(`${origin}/m/`);
    await page.evaluate(() => driver.send());
    await other.evaluate(() => driver.send());
    const first = await film(other, 4);
    await expect.poll(() => states(other)).toEqual(['received']);
    await page.close();
    const second = await film(other, 2);
    await expect.poll(() => states(other), { timeout: 10_000 }).toEqual(['received', 'received']);
    for (const id of [first, second])
      expect([...api.uploads.values()].filter(({ item }) => item === id)).toHaveLength(1);
    const created = api.calls.filter(({ method, path }) => method === 'POST' && path === '/api/files');
    expect(created).toHaveLength(2);
  });

  test('a tab that holds the seat and answers nothing loses it; when it comes back it waits its turn', async () => {
    const other = await phone.tab(`${origin}/m/`);
    await page.evaluate(() => driver.send());
    await film(page, 1);
    await expect.poll(() => states(page)).toEqual(['received']);
    const goOn = await freeze(page);
    await other.bringToFront();
    await other.evaluate(() => driver.send({ every: 300, patience: 1000 }));
    await film(other, 1);
    await expect.poll(() => states(other)).toEqual(['received', 'received']);
    await goOn();
    await other.close();
    await film(page, 1);
    await expect.poll(() => states(page)).toEqual(['received', 'received', 'received']);
  });

  test('a sender that answers keeps its seat', async () => {
    const other = await phone.tab(`${origin}/m/`);
    await page.evaluate(() => driver.send());
    await page.evaluate(() => driver.rested()); // it sits: the other would else find the seat free
    // Asked and answered three times.
    await other.evaluate(async () => {
      const channel = new BroadcastChannel('temoin');
      let answers = 0;
      const answered = new Promise<void>((done) => {
        channel.onmessage = ({ data }) => {
          if (data === 'sender!' && ++answers === 3) done();
        };
      });
      driver.send({ every: 200, patience: 10_000 });
      await answered;
      channel.close();
    });
    const held = await other.evaluate(async () =>
      (await navigator.locks.query()).pending?.map(({ name }) => name),
    );
    expect(held).toContain('temoin-sender');
  });

  test('killed with -9 while it sends live: after the restart the rest goes, nothing of it twice', async () => {
    await page.evaluate(() => driver.send());
    const id = await page.evaluate(async () => {
      const item = await driver.start('film');
      for (let i = 1; i <= 12; i++) {
        await driver.write(item, i, 100_000);
        await new Promise((next) => setTimeout(next, 150));
      }
      return item;
    });
    await expect.poll(() => api.item(id)?.bytes.length ?? 0).toBeGreaterThan(600_000);
    await phone.kill();
    page = await phone.open(`${origin}/m/`);
    await page.evaluate(async () => {
      await driver.recover();
      driver.send();
    });
    await expect.poll(() => states(page), { timeout: 10_000 }).toEqual(['received']);
    const [row] = await page.evaluate(() => driver.rows());
    const size = Number(row?.head.size) + Number(row?.body.size);
    expect([row?.cut, api.item(id)?.bytes.length]).toEqual([true, size]);
    const patched = api.calls
      .filter(({ method }) => method === 'PATCH')
      .reduce((sum, call) => sum + call.size, 0);
    expect(patched).toBeLessThanOrEqual(size);
    expect(api.tails(id).length).toBeGreaterThan(0);
  });

  test('where there are no sync handles, live sending, tails and a kill go the same way', async () => {
    const poor = await serve({ api, withoutSyncHandles: true });
    try {
      await page.goto(`${poor.origin}/m/`);
      await page.waitForFunction(() => 'driver' in globalThis);
      await page.evaluate((secret) => driver.redeem(secret), api.invitation);
      await page.evaluate(() => driver.send());
      const whole = await film(page, 4);
      await expect.poll(() => states(page)).toEqual(['received']);
      const cut = await page.evaluate(async () => {
        const item = await driver.start('film');
        for (let i = 1; i <= 5; i++) await driver.write(item, i, 100_000);
        return item;
      });
      await expect.poll(() => api.item(cut)?.bytes.length ?? 0).toBeGreaterThan(300_000);
      await phone.kill();
      page = await phone.open(`${poor.origin}/m/`);
      await page.evaluate(async () => {
        await driver.recover();
        driver.send();
      });
      await expect.poll(() => states(page)).toEqual(['received', 'received']);
      const rows = await page.evaluate(() => driver.rows());
      expect(rows.map(({ medium }) => medium)).toEqual(['idb', 'idb']);
      for (const row of rows)
        expect(api.item(row.id)?.bytes.length).toBe(row.head.size + Number(row.body.size));
      expect([api.tails(whole).length, api.tails(cut).length]).toEqual([0, 1]);
    } finally {
      poor.server.close();
    }
  });

  test('the service worker sends by itself when no page does', async () => {
    await page.evaluate((entry) => driver.entry(entry), note('from the service worker'));
    const id = await film(page, 2);
    expect(await page.evaluate(() => driver.wakeServiceWorker())).toBe('done');
    expect(await states(page)).toEqual(['received', 'received']);
    expect(api.item(id)?.receipt).not.toBeNull();
  });

  test('the screen locks in the middle of a film: the service worker is asked for', async () => {
    await page.evaluate(async () => {
      await driver.installServiceWorker();
      driver.send();
    });
    await page.context().setOffline(true);
    await page.evaluate(async () => {
      await driver.write(await driver.start('film'), 1, 100_000);
      driver.hide();
    });
    await expect.poll(() => page.evaluate(() => driver.syncAsked())).toBe(true);
  });

  test('a recording that ends while the page is hidden asks for the service worker', async () => {
    await page.evaluate(async () => {
      await driver.installServiceWorker();
      driver.send();
      driver.hide();
    });
    await page.context().setOffline(true);
    expect(await page.evaluate(() => driver.syncAsked())).toBe(false);
    await film(page, 1);
    await expect.poll(() => page.evaluate(() => driver.syncAsked())).toBe(true);
  });

  test('the browser’s own event: the service worker sends what waits, a signed removal too', async () => {
    await page.evaluate(async (entry) => {
      await driver.installServiceWorker();
      await driver.entry(entry);
      await driver.remove(entry.id);
    }, note('gone'));
    const id = await film(page, 2);
    await dispatchSync(page);
    await expect.poll(() => api.item(id)?.receipt ?? null).not.toBeNull();
    expect(api.statements.map(({ typ }) => typ)).toEqual(['temoin-deletion', 'temoin-commitment']);
  });

  test('the service worker takes the seat of a tab that answers nothing: the wake-up is not used up by it', async () => {
    const other = await phone.tab(`${origin}/m/`);
    await page.evaluate(() => driver.send());
    await freeze(page);
    await film(other, 1);
    expect(await other.evaluate(() => driver.wakeServiceWorker())).toBe('done');
    expect(await states(other)).toEqual(['received']);
  });

  test('a page that sends and is not through does not use up the wake-up', async () => {
    await page.evaluate(() => driver.send());
    api.trouble = (_method, path) => (path === '/api/files' ? new TypeError('cut') : null);
    await page.evaluate((entry) => driver.entry(entry), note('later'));
    expect(await page.evaluate(() => driver.wakeServiceWorker())).toContain('not through');
    api.trouble = () => null;
    await page.evaluate(() => driver.kick());
    await expect.poll(() => states(page)).toEqual(['received']);
    await page.evaluate(() => driver.rested());
    expect(await page.evaluate(() => driver.wakeServiceWorker())).toBe('done');
  });

  test('the service worker says when it could not, so that the browser asks again', async () => {
    await page.evaluate((entry) => driver.entry(entry), note('later'));
    api.trouble = (_method, path) => (path === '/api/files' ? new TypeError('cut') : null);
    expect(await page.evaluate(() => driver.wakeServiceWorker())).toContain('Unreachable');
    expect(await states(page)).toEqual(['committed']);
  });

  test('a forgotten passphrase: a new vault, and what the old one held unsent is received whole all the same', async () => {
    const remembered = note('before the passphrase was forgotten');
    const [film, later] = await page.evaluate(async (entry) => {
      await driver.vault.create('passphrase', await driver.proposePassphrase());
      const kept = await driver.start('film');
      await driver.write(kept, 1, 150_000);
      await driver.finish(kept);
      await driver.entry(entry);
      await driver.vault.forget();
      await driver.vault.create('passphrase', await driver.proposePassphrase());
      const next = await driver.start('sound');
      await driver.write(next, 2, 1000);
      await driver.finish(next);
      return [kept, next] as const;
    }, remembered);
    const sizes = (ids: string[]) =>
      page.evaluate((all) => Promise.all(all.map((id) => driver.vault.size(id))), ids);
    expect(await sizes([film, remembered.id, later]), 'only viewing is lost').toEqual([null, null, 1000]);
    await page.evaluate(() => driver.send());
    await expect.poll(() => states(page)).toEqual(['received', 'received', 'received']);
    const decrypter = new Decrypter();
    decrypter.addIdentity(api.custodyIdentity);
    const opened = async (id: string) =>
      await decrypter.decrypt(api.item(id)?.bytes ?? new Uint8Array(), 'uint8array');
    expect((await opened(film)).length).toBe(150_000);
    expect(JSON.parse(Buffer.from(await opened(remembered.id)).toString())).toEqual(remembered);
  });

  test('how soon the last byte is there after a live recording ends', async () => {
    await page.evaluate(() => driver.send());
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      waits.push(
        await page.evaluate(async () => {
          const id = await driver.start('film');
          for (let n = 1; n <= 12; n++) {
            await driver.write(id, n, 50_000);
            await new Promise((next) => setTimeout(next, 100));
          }
          await driver.finish(id);
          const stopped = performance.now();
          for (;;) {
            const item = (await driver.items()).find((one) => one.id === id);
            if (item?.state === 'received') return performance.now() - stopped;
            await new Promise((next) => setTimeout(next, 2));
          }
        }),
      );
    }
    console.log(
      JSON.stringify({
        name: 'receipt after a live recording ends',
        unit: 'ms',
        values: waits.map(Math.round),
      }),
    );
    expect(Math.min(...waits)).toBeLessThan(2000);
  });

  test('nothing of what was written lies readable in the killed browser’s profile', async () => {
    const words = 'canary-7Qm2xV9kTz4pLw8Rb3';
    await page.evaluate((entry) => driver.entry(entry), note(words));
    await film(page, 2);
    await phone.kill();
    const found: string[] = [];
    for (const path of await readdir(phone.profile, { recursive: true, withFileTypes: true })) {
      if (!path.isFile()) continue;
      const bytes = await readFile(join(path.parentPath, path.name)).catch(() => Buffer.alloc(0));
      const forms = [
        Buffer.from(words),
        Buffer.from(words, 'utf16le'),
        Buffer.from(words, 'utf16le').swap16(),
      ];
      if (forms.some((form) => bytes.includes(form))) found.push(path.name);
    }
    expect(found).toEqual([]);
  });
});
