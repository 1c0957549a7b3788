import { defineConfig } from 'vitest/config'

const conditions = ['@sallyport/source', 'node', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions } },
  test: { include: ['*.test.ts'], environment: 'node', testTimeout: 900_000, hookTimeout: 60_000 },
})
