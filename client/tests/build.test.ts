import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../build.mjs', import.meta.url));
let folders: string[] = [];

beforeAll(async () => {
  for (let i = 0; i < 2; i++) {
    const folder = await mkdtemp(join(tmpdir(), 'temoin-build-'));
    folders.push(folder);
    execFileSync(process.execPath, [script, folder]);
  }
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
  folders = [];
});

async function built(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}

test('the same sources give the same bytes', async () => {
  const [one, two] = await Promise.all(folders.map(built));
  expect([...(one?.keys() ?? [])]).toContain('seal.worker.js');
  expect(two).toEqual(one);
});

test('anybody can check the build hash: zeros back in, SHA-256 over names and bytes', async () => {
  const files = await built(folders[0] ?? '');
  const { build, files: names } = JSON.parse(String(files.get('build.json'))) as {
    build: string;
    files: string[];
  };
  expect([...names, 'build.json'].sort()).toEqual([...files.keys()]);
  const hash = createHash('sha256');
  for (const name of names) {
    const zeroed = (files.get(name) ?? Buffer.alloc(0)).toString('latin1').replaceAll(build, '0'.repeat(16));
    hash.update(`${name}\n`).update(Buffer.from(zeroed, 'latin1'));
  }
  expect(hash.digest('hex').slice(0, 16)).toBe(build);
  // The page says it, so that statements can name it.
  expect(String(files.get('page.js'))).toContain(build);
});

test('nothing built names this machine or keeps a source map', async () => {
  for (const [name, bytes] of await built(folders[0] ?? '')) {
    expect(name).not.toMatch(/\.map$/);
    expect(bytes.includes(process.cwd()), name).toBe(false);
    expect(bytes.includes('sourceMappingURL'), name).toBe(false);
  }
});
