import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRegistry, type StartRegistryOptions } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { type ConformanceOptions, type ConformanceResult, runConformance } from './run-conformance.ts'

type Run = Pick<ConformanceOptions, 'version' | 'credentials'> & { readonly registry: StartRegistryOptions }

const credentials = { username: 'conformance', password: 'with a token' }
const quirks = {
  // What the suite's switches for anonymous mounts and sparse manifests ask for; the specification leaves both open.
  anonymousMount: true,
  checksChildren: false,
}
const runs: readonly (readonly [string, (directory: string) => Run])[] = [
  ['1.1, in memory', () => ({ version: '1.1', registry: { quirks } })],
  ['1.1, in a folder', (directory) => ({ version: '1.1', registry: { quirks, directory } })],
  ['1.1+dev, in a folder', (directory) => ({ version: 'dev', registry: { quirks, directory } })],
  [
    'stable, with tokens',
    () => ({
      version: 'stable',
      credentials,
      registry: { quirks, auth: { ...credentials, scheme: 'token' } },
    }),
  ],
  [
    '1.1+dev, with passwords, absolute locations and redirects',
    () => ({
      version: 'dev',
      credentials,
      registry: { quirks: { ...quirks, absoluteLocations: true, redirectsBlobs: true }, auth: credentials },
    }),
  ],
]

// The suite runs while tests are collected, so that each of its tests is one here, with its own name and result.
const results: [string, ConformanceResult][] = []
for (const [name, create] of runs) results.push([name, await run(create)])

describe.each(results)('%s', (_, { tests, unpassed }) => {
  it('ran whole, nothing switched off', () => {
    expect(tests.length).toBeGreaterThan(800)
    expect(unpassed).toEqual({ failures: 0, errors: 0, skipped: 0, disabled: 0 })
  })

  it.each(tests)('$name', ({ status, message }) => {
    expect({ status, message }).toEqual({ status: 'passed', message: '' })
  })
})

async function run(create: (directory: string) => Run): Promise<ConformanceResult> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-conformance-registry-'))
  try {
    const { registry: options, ...suite } = create(directory)
    await using registry = await startRegistry(options)
    return await runConformance({ host: registry.host, ...suite })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
