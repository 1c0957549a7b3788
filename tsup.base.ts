import { defineConfig } from 'tsup'

/** How each package is built: ES modules and their types, against the built types of the packages it depends on. */
export const buildOf = (entry: Record<string, string>) =>
  defineConfig({
    entry,
    format: 'esm',
    // Without our source condition: what is published must stand on what is published.
    dts: { compilerOptions: { customConditions: [], rewriteRelativeImportExtensions: false } },
    sourcemap: true,
    target: 'node22',
    // `node:sqlite` has no name without the prefix.
    removeNodeProtocol: false,
    clean: true,
  })
