import { defineConfig } from 'vitest/config'

const conditions = ['@sallyport/source', 'node', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  // An image that is missing is built first, which takes minutes.
  test: {
    include: ['*.test.ts'],
    environment: 'node',
    testTimeout: 1_800_000,
    hookTimeout: 900_000,
    // Images of which one is hardened while tools look at the other.
    maxConcurrency: 2,
  },
})
