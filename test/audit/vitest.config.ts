import { defineConfig } from 'vitest/config'

const conditions = ['@sallyport/source', 'node', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    include: ['*.test.ts'],
    environment: 'node',
    // One registry at a time: a suite with thousands of repositories needs the machine.
    fileParallelism: false,
    // Thousands of repositories are filled in a hook, beside whatever else the machine does.
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
  },
})
