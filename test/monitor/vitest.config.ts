import { defineConfig } from 'vitest/config'

const conditions = ['@sallyport/source', 'node', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    include: ['*.test.ts'],
    environment: 'node',
    // One registry at a time: a run of thousands of events needs the machine.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
