import { defineConfig } from 'vitest/config'

// Not `import`: Node would take it for `require`, too, and pg's parts would be given modules of the wrong kind.
const conditions = ['@sallyport/source', 'node', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    include: ['*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 60_000,
    // One second, the default, is little on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    // The promotions of a suite are made before its tests.
    hookTimeout: 1_200_000,
  },
})
