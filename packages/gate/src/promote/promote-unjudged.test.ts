import { digestOf } from '@sallyport/core'
import { parsePolicy } from '@sallyport/policy'
import { ScanError, type Scanner } from '@sallyport/scan'
import { createImage, createImageIndex, pushImage, startRegistry } from '@sallyport/testkit'
import { expect, it } from 'vitest'
import { debianImage, type DebianImageOptions } from './debian-image.fixture.ts'
import type { PromoteOptions } from './options.ts'
import { openTestGate, scannerFor } from './test-gate.fixture.ts'

interface Unjudged {
  readonly image?: DebianImageOptions
  readonly options?: Partial<PromoteOptions>
  /** Code of the reason of the decision, and what its message names. */
  readonly reason: readonly [code: string, text: string]
}

const real = scannerFor('leftover')
const scanning = (scan: Scanner['scan']) => ({ scanners: [{ name: 'odd', scan }] })
const freshData = parsePolicy(
  `version: 1
tiers:
  prod:
    thresholds: [{ name: nothing critical, severity: critical, max: 0 }]
    preconditions: { dataAge: { atMost: 1h } }`,
  { source: 'gate.yaml' },
)

const cases: Readonly<Record<string, Unjudged>> = {
  'unknown distribution': {
    image: { osRelease: 'ID=nobody-knows\nVERSION_ID=1\n' },
    reason: ['coverage-gap', 'DISTRO'],
  },
  'empty status file': { image: { status: '' }, reason: ['coverage-gap', 'DATABASE_EMPTY'] },
  'stale database': {
    options: { policy: freshData },
    reason: ['data-stale', '2026-11-24'],
  },
  'missing database': {
    options: scanning(async () => {
      throw new ScanError('DATA_UNAVAILABLE', 'no readable database')
    }),
    reason: ['step-failed', 'DATA_UNAVAILABLE'],
  },
  'scanner crash': {
    options: scanning(async () => {
      throw new Error('out of memory')
    }),
    reason: ['step-failed', 'out of memory'],
  },
  'one platform of two scanned, the other given up': {
    options: scanning(async (target, options) => {
      if (target.platform.architecture !== 'amd64') throw new ScanError('SCANNER_FAILED', 'only amd64')
      return await real.scan(target, options)
    }),
    reason: ['step-failed', 'linux/arm64: scan by odd before hardening: SCANNER_FAILED'],
  },
  'one platform of two scanned, its report given for both': {
    options: scanning(async (target, options) => ({
      ...(await real.scan(target, options)),
      platform: { os: 'linux', architecture: 'amd64' },
    })),
    reason: ['step-failed', 'linux/arm64: scan by odd before hardening: SUBJECT_MISMATCH'],
  },
  'scanner of another digest': {
    options: scanning(async (target, options) => ({
      ...(await real.scan(target, options)),
      subject: digestOf('another image'),
    })),
    reason: ['step-failed', 'SUBJECT_MISMATCH'],
  },
}

it.each(Object.entries(cases))('promote ends in error, never in pass or fail: %s', async (title, given) => {
  await using registry = await startRegistry()
  await using gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  const imageOf = (platform: string) => createImage(debianImage({ ...given.image, platform }))
  const image = title.startsWith('one platform')
    ? createImageIndex({ 'linux/amd64': imageOf('linux/amd64'), 'linux/arm64': imageOf('linux/arm64') })
    : imageOf('linux/amd64')
  await pushImage(gate.repository(from), image, '1')

  const outcome = await gate.promote({ from, to, ...given.options })

  expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'UNJUDGED' } })
  const reasons = outcome.verdict === 'error' ? (outcome.decision?.reasons ?? []) : []
  const [code, text] = given.reason
  expect(reasons).toContainEqual(
    expect.objectContaining({ effect: 'error', code, message: expect.stringContaining(text) }),
  )
  expect(registry.snapshot()).not.toHaveProperty('prod/app')
  expect((await gate.quarantine.list()).items).toHaveLength(1)
})
