import { defineConfig } from 'vitest/config'

const conditions = ['@sallyport/source', 'node', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    // One second, the default, is little on a busy machine.
    expect: { poll: { timeout: 15_000 } },
  },
})
