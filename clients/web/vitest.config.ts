/** Tests run in Node; a test that needs a document says `// @vitest-environment jsdom` in its first line. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}', 'tests/**/*.test.{ts,tsx}'],
    // Two cores are the common machine; more workers only wait for each other in Argon2id.
    maxWorkers: 2,
    testTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
    restoreMocks: true,
    setupFiles: ['tests/words.ts'],
  },
})
