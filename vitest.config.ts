import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/abandoned-labs.ts'],
    testTimeout: 60_000,
  },
});
