// Builds the client into static/dist/ (never committed). The same sources give the same bytes on every machine.
//
// The build hash is the first 16 hex digits of SHA-256 over, for each built file in the order of build.json,
// its name, a line feed and its bytes, taken while BUILD still reads as 16 zeros; then the zeros are replaced
// by the hash. So anybody can put the zeros back and check the hash that commitments name.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const client = dirname(fileURLToPath(import.meta.url));
const root = dirname(client);
// Another folder may be named: the tests build beside a running server.
const out = process.argv[2] ? resolve(process.argv[2]) : join(root, 'static', 'dist');
const BLANK = `@${'0'.repeat(16)}@`;

/** @param {string[]} names @param {boolean} splitting */
async function bundle(names, splitting) {
  const entryPoints = names.map((name) => join(client, name)).filter((path) => existsSync(path));
  if (entryPoints.length === 0) return [];
  const result = await build({
    entryPoints,
    outdir: out,
    outbase: client,
    absWorkingDir: root,
    bundle: true,
    minify: true,
    sourcemap: false,
    legalComments: 'none',
    charset: 'utf8',
    format: 'esm',
    target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
    splitting,
    chunkNames: 'part-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.svg': 'text', '.woff2': 'file', '.png': 'file' },
    define: { BUILD: JSON.stringify(BLANK) },
    write: false,
    logLevel: 'warning',
  });
  return result.outputFiles;
}

// Worker and service worker stand alone: a service worker should be one file, and neither shares state with a page.
const outputs = [
  ...(await bundle(['page.ts', 'desk.ts'], true)),
  ...(await bundle(['seal.worker.ts'], false)),
  ...(await bundle(['vault.worker.ts'], false)),
  ...(await bundle(['sw.ts'], false)),
].map(({ path, contents }) => ({
  name: relative(out, path).split(sep).join('/'),
  bytes: Buffer.from(contents),
}));
outputs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

const hash = createHash('sha256');
for (const { name, bytes } of outputs) hash.update(`${name}\n`).update(zeroed(bytes, '0'.repeat(16)));
const id = hash.digest('hex').slice(0, 16);

/** @param {Buffer} bytes @param {string} value */
function zeroed(bytes, value) {
  return Buffer.from(bytes.toString('latin1').replaceAll(BLANK, value), 'latin1');
}

// Written beside and moved into place, so that a server running meanwhile never sees half a file.
await mkdir(out, { recursive: true });
for (const { name, bytes } of outputs) await place(name, zeroed(bytes, id));
await place('build.json', `${JSON.stringify({ build: id, files: outputs.map(({ name }) => name) })}\n`);
const keep = new Set([...outputs.map(({ name }) => name), 'build.json']);
for (const name of await readdir(out)) if (!keep.has(name)) await rm(join(out, name), { recursive: true });
console.log(
  `client ${id}: ${outputs.map(({ name, bytes }) => `${name} ${Math.ceil(bytes.length / 1024)} kB`).join(', ')}`,
);

/** @param {string} name @param {Buffer | string} content */
async function place(name, content) {
  await writeFile(join(out, `${name}.new`), content);
  await rename(join(out, `${name}.new`), join(out, name));
}
