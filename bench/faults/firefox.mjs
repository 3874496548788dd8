// The phone app in Firefox ESR over WebDriver BiDi. Order on the command line, then one verb a line on standard input.
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
page.setDefaultTimeout(60_000);
await page.evaluateOnNewDocument(hook);
const press = async (name) => await page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
const there = async (selector) => await page.locator(selector).wait();

const verbs = {
  async enrol(secret) {
    await page.goto(`${url}/m/#${secret}`);
    await press('Go on in this browser');
    await press('Enrol this phone');
    await press('Done');
    await there('::-p-aria([name="Film"][role="button"])');
    return {};
  },
  async record(kind) {
    await press(kind);
    for (;;) {
      const began = await page.evaluate('globalThis.began');
      if (began) return { began };
      await new Promise((next) => setTimeout(next, 20));
    }
  },
  async reopen() {
    await page.goto(`${url}/m/`);
    await press('Go on');
    await there('::-p-text(Waiting: 0)');
    return {};
  },
};

say({ pid: browser.process().pid });
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...values] = JSON.parse(line);
  try {
    say(await verbs[verb](...values));
  } catch (error) {
    say({ error: String(error?.stack ?? error) });
  }
}
