import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', contracts: 'src/contracts/index.ts' },
  format: 'esm',
  dts: true,
  target: 'node22',
  clean: true,
})
