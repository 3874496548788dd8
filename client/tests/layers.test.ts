import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const client = fileURLToPath(new URL('..', import.meta.url));

/** What each area may import from, itself aside. The doors (lib/index.ts) stand above all areas of the core. */
const MAY: Record<string, string[]> = {
  lib: [],
  seal: ['lib'],
  outbox: ['lib'],
  vault: ['lib'],
  'lib/index': ['lib', 'outbox', 'vault'],
  capture: ['lib', 'lib/index', 'journal', 'shell'],
  journal: ['lib', 'lib/index', 'shell'],
  shell: ['lib', 'lib/index', 'journal', 'capture'],
  desk: ['lib'],
};

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    if (one.isDirectory()) return one.name === 'tests' ? [] : files(join(folder, one.name));
    return one.name.endsWith('.ts') && !one.name.endsWith('.test.ts') ? [join(folder, one.name)] : [];
  });
}

function area(path: string): string {
  const name = relative(client, path).replace(/\.ts$/, '');
  return name === 'lib/index' || name === 'lib'
    ? 'lib/index'
    : name.includes('/')
      ? (name.split('/')[0] ?? '')
      : 'entry';
}

function imports(path: string): { from: string; typeOnly: boolean }[] {
  const text = readFileSync(path, 'utf8');
  return [
    ...text.matchAll(/(import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/g),
  ].map((found) => ({
    from: join(dirname(path), found[3] ?? found[4] ?? ''),
    typeOnly: found[2] !== undefined,
  }));
}

const all = files(client);

test('finds the code', () => expect(all.length).toBeGreaterThan(30));

describe('imports between areas', () => {
  test.each(all.filter((path) => area(path) !== 'entry').map((path) => [relative(client, path), path]))(
    '%s',
    (_name, path) => {
      for (const { from } of imports(path)) {
        const [here, there] = [area(path), area(from)];
        // Outside client/: the vocabulary, shared with the server.
        if (there === here || there === 'entry' || there === '..') continue;
        expect(MAY[here] ?? [], `${relative(client, path)} imports ${there}`).toContain(there);
      }
    },
  );
});

test('the outbox, and all that it reaches, is without the vault and without a way to open anything', () => {
  const reached = new Set<string>();
  const visit = (path: string) => {
    const file = [path, `${path}.ts`, join(path, 'index.ts')].find((one) => all.includes(one));
    if (!file || reached.has(file)) return;
    reached.add(file);
    for (const { from, typeOnly } of imports(file)) if (!typeOnly) visit(from);
  };
  for (const path of all) if (area(path) === 'outbox') visit(path);
  const names = [...reached].map((path) => relative(client, path));
  expect(names).toContain('lib/files.ts');
  expect(
    names.filter((name) => name.startsWith('vault/') || name === 'lib/open.ts' || name === 'lib/index.ts'),
  ).toEqual([]);
});
