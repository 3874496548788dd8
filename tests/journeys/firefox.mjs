// An observer's acts in Firefox over WebDriver BiDi. What to start on the command line, then one act a line on standard
// input, `[name, ...values]`; one answer a line on standard output, `{"done": value}` or `{"error": text}`.
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';

const { program, profile, url, hook } = JSON.parse(process.argv[2]);
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: program,
  headless: true,
  userDataDir: profile,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'permissions.default.geo': 2,
    'dom.storageManager.prompt.testing': true,
    'dom.storageManager.prompt.testing.allow': true,
    'intl.accept_languages': 'en',
  },
});
const page = await browser.newPage();
await page.setViewport({ width: 360, height: 740, hasTouch: true });
page.setDefaultTimeout(60_000);
if (hook) await page.evaluateOnNewDocument(hook);
const button = (name) => page.locator(`::-p-aria([name="${name}"][role="button"])`);
const press = (name) => button(name).click();
const seen = (text) => page.locator(`::-p-text(${text})`).wait();

const acts = {
  async enrol(secret) {
    await page.goto(`${url}/m/#${secret}`);
    await press('Go on in this browser');
    await press('Enrol this phone');
    await press('Done');
    await button('Film').wait();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  },
  async photo() {
    await press('Photo');
    await press('Take photo');
    await seen('Photo sealed');
    await press('Back');
  },
  async record(what, until) {
    await press(what);
    await page.waitForFunction((time) => document.body.innerText.includes(time), {}, until);
  },
  /** Starts it and gives the moment at which the recorder began, as a hook notes it. */
  async begin(what) {
    await press(what);
    return await (await page.waitForFunction(() => globalThis.began, { polling: 20 })).jsonValue();
  },
  async stop() {
    await press('Stop');
    await button('Film').wait();
  },
  async note(text) {
    await press('Note');
    await page.locator('dialog textarea').fill(text);
    await press('Keep');
    await page.waitForFunction(() => !document.querySelector('dialog[open]'));
  },
  async reopen() {
    await page.goto(`${url}/m/`);
    await seen('Kept from last time');
    await press('Go on');
  },
  async sent() {
    await page.waitForFunction(() => /Waiting: 0(?!\d)/.test(document.body.innerText), { timeout: 90_000 });
  },
  /** Where this engine keeps sealed bytes: by which way they went in. */
  media: () =>
    page.evaluate(async () => {
      const db = await new Promise((done, failed) => {
        const opening = indexedDB.open('temoin');
        opening.onsuccess = () => done(opening.result);
        opening.onerror = () => failed(opening.error);
      });
      const rows = await new Promise((done) => {
        const asked = db.transaction('items').objectStore('items').getAll();
        asked.onsuccess = () => done(asked.result);
      });
      db.close();
      return [...new Set(rows.filter((row) => row.kind !== 'entry').map((row) => row.medium))];
    }),
  async close() {
    await browser.close();
  },
};

say({ pid: browser.process().pid });
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...values] = JSON.parse(line);
  try {
    say({ done: (await acts[name](...values)) ?? null });
  } catch (error) {
    say({ error: `${name}: ${error?.stack ?? error}` });
  }
  if (name === 'close') break;
}
process.exit(0);
