// Writes tests/vectors/ anew. Only for a change of the formats: what is there has been agreed with the server.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', '..', '..', 'tests', 'vectors');
const bundle = join(here, 'vectors.bundle.mjs');
await build({
  entryPoints: [join(here, 'vectors.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: bundle,
  define: { BUILD: JSON.stringify('0'.repeat(16)) },
});
try {
  const { makeVectors } = await import(pathToFileURL(bundle).href);
  await mkdir(target, { recursive: true });
  for (const [name, value] of Object.entries(await makeVectors())) {
    await writeFile(join(target, name), `${JSON.stringify(value, null, 1)}\n`);
    console.log(name);
  }
} finally {
  await rm(bundle);
}
