import { defineConfig } from 'vitest/config'

const conditions = ['@sallyport/source', 'node', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  // An image that is missing is built first, which takes minutes.
  test: {
    include: ['*.test.ts'],
    environment: 'node',
    // Attacks and normal runs beside each other: half of the time both wait for something.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 900_000,
  },
})
