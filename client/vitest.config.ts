import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { BUILD: JSON.stringify('0'.repeat(16)) },
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // vitest waits one second in expect.poll, which is gone when both cores are busy.
    expect: { poll: { timeout: 20_000 } },
    // Two cores: more workers than that only make timings shake.
    maxWorkers: 2,
  },
});
