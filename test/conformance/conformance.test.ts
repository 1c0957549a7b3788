import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { startRegistry, type StartRegistryOptions } from '@sallyport/testkit'
import { toolPath } from '@sallyport/test-tools'
import { describe, expect, it } from 'vitest'
import { type ConformanceOptions, runConformance } from './run-conformance.ts'

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

const passed = { status: 'passed', message: '' }
const installed = toolPath('conformance') !== undefined
const required = process.env['SALLYPORT_REQUIRE_TOOLS'] !== undefined
if (!installed && !required) {
  it.skip('the conformance suite (skipped: node test/tools/install.mjs conformance)', () => undefined)
} else {
  for (const [name, create] of runs) {
    // The suite runs while tests are collected, so that each of its tests is one here, with its own name and result.
    const tests = await run(create)
    describe(name, () => {
      it('ran whole', () => expect(tests.length).toBeGreaterThan(1000))
      it.each(tests)('$name', ({ status, message }) => expect({ status, message }).toEqual(passed))
    })
  }
}

async function run(create: (directory: string) => Run) {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-conformance-registry-'))
  try {
    const { registry: options, ...suite } = create(directory)
    await using registry = await startRegistry(options)
    return await runConformance({ host: registry.host, ...suite })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
