/** A server on loopback with the built test page and workers, and a Chromium that can be killed. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { FakeServer } from '../support/server';

const client = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = '0'.repeat(16);
const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types temoin";

/** The installed browser, or the one named; tests fail loudly without one. */
export function browserPath(): string {
  const named = process.env.CHROMIUM;
  const found = [
    named,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    chromium.executablePath(),
  ].find((path) => path && existsSync(path));
  if (!found)
    throw new Error('no Chromium found: apt-get install chromium, or npx playwright-core install chromium');
  return found;
}

/** @param withoutSyncHandles as in engines that have no sync access handles: the worker then finds none */
export async function serve({
  withoutSyncHandles = false,
  api = null,
}: {
  withoutSyncHandles?: boolean;
  api?: FakeServer | null;
} = {}): Promise<{ origin: string; server: Server }> {
  const bundle = async (path: string) => {
    const made = await build({
      entryPoints: [join(client, path)],
      bundle: true,
      format: 'esm',
      write: false,
      define: { BUILD: JSON.stringify(BUILT) },
    });
    return made.outputFiles[0]?.contents ?? new Uint8Array();
  };
  const none = withoutSyncHandles ? 'delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n' : '';
  const scripts = new Map([
    ['/page.js', await bundle('tests/browser/page.ts')],
    ['/m/seal.worker.js', Buffer.concat([Buffer.from(none), await bundle('seal.worker.ts')])],
    ['/m/sw.js', await bundle('tests/browser/sw.ts')],
    ['/m/vault.worker.js', await bundle('vault.worker.ts')],
  ]);
  const server = createServer(async (request, response) => {
    if (api && request.url?.startsWith('/api/')) return await relay(api, request, response);
    const script = scripts.get(request.url ?? '');
    response.setHeader('Content-Security-Policy', CSP);
    if (script) response.setHeader('Content-Type', 'text/javascript').end(script);
    else if (request.url === '/m/shell.json')
      response.end(JSON.stringify({ build: BUILT, files: ['/m/', '/m/seal.worker.js'] }));
    else if (request.url === '/m/') {
      response
        .setHeader('Content-Type', 'text/html')
        .end('<!doctype html><title>test</title><script type="module" src="/page.js"></script>');
    } else response.writeHead(404).end();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, server };
}

/** The phone API in memory, over a real line. An error of its trouble is a line that breaks. */
async function relay(api: FakeServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
  } catch {
    return; // the browser was killed in the middle of it
  }
  const [method, path, body] = [
    request.method ?? 'GET',
    request.url ?? '',
    new Uint8Array(Buffer.concat(pieces)),
  ];
  const headers = new Headers(request.headers as Record<string, string>);
  api.calls.push({ method, path, size: body.length });
  const trouble = await api.trouble(method, path, headers, body);
  if (trouble && !(trouble instanceof Response)) {
    response.destroy();
    return;
  }
  const answer = trouble ?? (await api.answer(method, path, headers, body));
  response
    .writeHead(answer.status, Object.fromEntries(answer.headers))
    .end(Buffer.from(await answer.arrayBuffer()));
}

const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export class Phone {
  readonly profile: string;
  #context: BrowserContext | undefined;

  private constructor(profile: string) {
    this.profile = profile;
  }

  static async make(): Promise<Phone> {
    return new Phone(await mkdtemp(join(tmpdir(), 'temoin-phone-')));
  }

  async open(address: string): Promise<Page> {
    this.#context = await chromium.launchPersistentContext(this.profile, {
      executablePath: browserPath(),
      headless: true,
      args: ARGS,
    });
    const page = this.#context.pages()[0] ?? (await this.#context.newPage());
    await page.goto(address);
    await page.waitForFunction(() => 'driver' in globalThis);
    return page;
  }

  /** Another tab of the same browser. */
  async tab(address: string): Promise<Page> {
    const page = await this.#context?.newPage();
    if (!page) throw new Error('the browser is not open');
    await page.goto(address);
    await page.waitForFunction(() => 'driver' in globalThis);
    return page;
  }

  /** -9 to every process of this profile: no page, worker or browser code runs after it. */
  async kill(): Promise<void> {
    const gone = new Promise<void>((done) => this.#context?.once('close', () => done()));
    for (const pid of await this.#processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself in between.
      }
    }
    await gone;
    await rm(join(this.profile, 'SingletonLock'), { force: true });
  }

  async close(): Promise<void> {
    await this.#context?.close().catch(() => undefined);
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #processes(): Promise<number[]> {
    const { readdir, readFile } = await import('node:fs/promises');
    const found: number[] = [];
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      if (line.includes(this.profile)) found.push(Number(name));
    }
    return found;
  }
}
