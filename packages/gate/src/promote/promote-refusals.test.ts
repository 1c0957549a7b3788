import {
  attachAttestation,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateKinds,
  predicateTypes,
} from '@sallyport/attest'
import { defineWaivers, parsePolicy, PolicyError } from '@sallyport/policy'
import { builtinScanner, parseAdvisories, type Scanner } from '@sallyport/scan'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { criticalAdvisory, debianImage, type DebianImageOptions } from './debian-image.fixture.ts'
import type { PromoteOptions } from './options.ts'
import { noCritical, openTestGate, scannerFor, startTime, type TestGate } from './test-gate.fixture.ts'

/** What is refused, and how it is shown. */
interface Refusal {
  readonly image?: DebianImageOptions
  readonly options?: Partial<PromoteOptions>
  /** Makes it so, once the image is at its source. */
  readonly prepare?: (place: Place) => Promise<Partial<PromoteOptions> | void>
  readonly verdict: 'fail' | 'error'
  /** Code of a reason of the decision, or of the error when nothing was decided. */
  readonly code: string
}

interface Place {
  readonly gate: TestGate
  readonly from: string
  readonly to: string
}

const broken: Scanner = {
  name: 'broken',
  scan: async () => {
    throw new Error('exit status 137')
  },
}
const waiver = (name: string, expires: string) =>
  defineWaivers(
    [
      {
        id: 'W-1',
        vulnerability: 'CVE-2026-1001',
        scope: { package: `pkg:deb/debian/${name}` },
        reason: 'not reachable',
        owner: 'platform',
        expires,
      },
    ],
    { source: 'waivers.yaml' },
  )
const aSecondAgo = new Date(Date.parse(startTime) - 1_000).toISOString()
const critical = { scanners: [scannerFor('hello')] }
const { severity: _unscored, ...unscoredAdvisory } = criticalAdvisory('CVE-2026-2001', 'hello')

/** A scanner that lets something happen while it works. */
const meanwhile = (happens: () => Promise<unknown>): Partial<PromoteOptions> => {
  const real = scannerFor('leftover')
  return {
    scanners: [
      {
        name: real.name,
        scan: async (target, options) => {
          await happens()
          return await real.scan(target, options)
        },
      },
    ],
  }
}
const anotherImage = (data: string) => createImage(debianImage({ data }))

const refusals: Readonly<Record<string, Refusal>> = {
  'a scanner that failed': { options: { scanners: [broken] }, verdict: 'error', code: 'step-failed' },
  'one scanner of two that failed': {
    options: { scanners: [scannerFor('leftover'), broken] },
    verdict: 'error',
    code: 'step-failed',
  },
  'an unknown distribution': {
    image: { osRelease: 'ID=nobody-knows\nVERSION_ID=1\n' },
    verdict: 'error',
    code: 'coverage-gap',
  },
  'a stale database': {
    prepare: async ({ gate }) => gate.advance(6 * 86_400_000),
    verdict: 'error',
    code: 'data-stale',
  },
  'no packages at all': { image: { packages: {}, status: '' }, verdict: 'error', code: 'coverage-gap' },
  'a platform that is missing': {
    options: {
      policy: noCritical('    requirements: { platforms: { required: [linux/amd64, linux/arm64] } }\n'),
    },
    verdict: 'fail',
    code: 'platform-missing',
  },
  'evidence of another digest': { prepare: attachEvidenceOfAnother, verdict: 'fail', code: 'sbom-rejected' },
  'a waiver for another package': {
    options: { ...critical, waivers: [waiver('dash', '2026-12-31')] },
    verdict: 'fail',
    code: 'threshold-exceeded',
  },
  'a waiver that expired one second ago': {
    options: { ...critical, waivers: [waiver('hello', aSecondAgo)] },
    verdict: 'fail',
    code: 'threshold-exceeded',
  },
  'a finding without a score': {
    options: {
      scanners: [builtinScanner({ advisories: parseAdvisories([unscoredAdvisory], { source: 'test' }) })],
    },
    verdict: 'fail',
    code: 'threshold-exceeded',
  },
  "the source's tag moved meanwhile": {
    prepare: async ({ gate, from }) =>
      meanwhile(() => pushImage(gate.repository(from), anotherImage('newer'), '1')),
    verdict: 'error',
    code: 'SOURCE_MOVED',
  },
  "the target's tag moved meanwhile": {
    prepare: async ({ gate, to }) =>
      meanwhile(() => pushImage(gate.repository(to), anotherImage("somebody else's"), '1')),
    verdict: 'error',
    code: 'TAG_CONFLICT',
  },
}

/** The policy wants an SBOM; the one that is there is signed, but was moved here from another image. */
async function attachEvidenceOfAnother({ gate, from }: Place): Promise<Partial<PromoteOptions>> {
  const repository = gate.repository(from)
  const signer = keySigner(generateSigningKey().privateKey)
  await pushImage(repository, anotherImage('other'), 'other')
  const [image, other] = [await repository.getManifest('1'), await repository.getManifest('other')]
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { type: 'container', name: 'app', version: image.descriptor.digest } },
    components: [],
  }
  const { digest } = other.descriptor
  await attachAttestation(
    repository,
    other.descriptor,
    createStatement([{ digest }], predicateTypes.cyclonedx, predicateKinds.cyclonedx.build(sbom)),
    signer,
    { mode: 'legacy', settleMs: 0 },
  )
  const tagOf = (name: string) => `${name.replace(':', '-')}.att`
  const attestations = await repository.getManifest(tagOf(digest))
  await repository.putManifest(attestations, { tag: tagOf(image.descriptor.digest) })
  return {
    sourceTrust: { keys: [signer.publicKey] },
    policy: noCritical('    requirements: { sbom: { presence: required } }\n'),
  }
}

describe('promote refuses', () => {
  it.each(Object.entries(refusals))('%s', async (_title, refusal) => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushImage(gate.repository(from), createImage(debianImage(refusal.image)), '1')
    const more = (await refusal.prepare?.({ gate, from, to })) ?? {}

    const outcome = await gate.promote({ from, to, ...refusal.options, ...more })

    const { verdict, code } = refusal
    expect(outcome.verdict).toBe(verdict)
    const decision = outcome.verdict === 'pass' ? undefined : outcome.decision
    const isDecided = decision && decision.verdict !== 'pass'
    if (isDecided) {
      expect(decision.reasons).toContainEqual(expect.objectContaining({ effect: verdict, code }))
      expect(registry.snapshot()).not.toHaveProperty('prod/app')
    } else {
      expect(outcome).toMatchObject({ error: { code } })
      expect(registry.resolve('prod/app', '1')).not.toBe(registry.resolve('build/app', '1'))
    }
  })

  it('a policy with an unknown key, before anything is read', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const promote = async () =>
      gate.promote({
        from: `${registry.host}/build/app:1`,
        to: `${registry.host}/prod/app:1`,
        policy: parsePolicy(
          'version: 1\ntiers:\n  prod:\n    thresholds: [{ name: r, severity: critical, maximum: 0 }]\n',
          { source: 'gate.yaml' },
        ),
      })
    await expect(promote()).rejects.toThrow(PolicyError)
    await expect(promote()).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      issues: expect.arrayContaining([expect.objectContaining({ line: 4 })]),
    })
    expect(registry.requests).toEqual([])
  })
})

it('the same image passes when nothing is wrong with it', async () => {
  await using registry = await startRegistry()
  await using gate = await openTestGate()
  const from = `${registry.host}/build/app:1`
  await pushImage(gate.repository(from), createImage(debianImage()), '1')
  const outcome = await gate.promote({ from, to: `${registry.host}/prod/app:1` })
  expect(outcome.verdict).toBe('pass')
})
