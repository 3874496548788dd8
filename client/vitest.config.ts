import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { BUILD: JSON.stringify('0'.repeat(16)) },
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['**/*.test.ts'],
    testTimeout: 30_000,
    // Two cores: more workers than that only make timings shake.
    maxWorkers: 2,
  },
});
