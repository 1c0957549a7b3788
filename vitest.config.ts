import { defineConfig } from 'vitest/config'

const conditions = ['@sallyport/source', 'node', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'scripts/*.test.mjs'],
    environment: 'node',
    // For what hangs; a busy machine is many times slower than an idle one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
})
