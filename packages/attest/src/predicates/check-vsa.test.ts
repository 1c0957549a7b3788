import { describe, expect, it } from 'vitest'
import type { EvidenceSigner } from '../verify/evidence-signer.ts'
import { checkVsa, type CheckVsaOptions } from './check-vsa.ts'
import { predicateKinds } from './predicate-kinds.ts'

const digest = `sha256:${'ab'.repeat(32)}` as const
const now = new Date('2026-11-25T12:00:00Z')
const predicate = predicateKinds.vsa.build({
  verifier: { id: 'https://example.com/gate/prod' },
  timeVerified: new Date('2026-11-25T11:00:00Z'),
  resourceUri: 'pkg:oci/app?repository_url=prod.example/app',
  policy: { uri: 'https://example.com/policy', digest },
  result: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'SLSA_SOURCE_LEVEL_UNEVALUATED', 'ACME_GATE'],
  dependencyLevels: { SLSA_BUILD_LEVEL_3: 2, SLSA_BUILD_LEVEL_1: 1, SLSA_SOURCE_LEVEL_2: 3, ACME: 0 },
})
const expected: CheckVsaOptions = {
  verifierId: 'https://example.com/gate/prod',
  resourceUri: 'pkg:oci/app?repository_url=prod.example/app',
  minimumLevels: ['SLSA_BUILD_LEVEL_3', 'ACME_GATE'],
  now,
}
const codes = (options: object, said: object = {}) =>
  checkVsa({ ...predicate, ...said }, { ...expected, ...options }).problems.map(({ code }) => code)
const hourMs = 3_600_000

describe('checkVsa', () => {
  it('accepts what was expected', () => {
    expect(checkVsa(predicate, expected)).toEqual({ ok: true, problems: [] })
  })

  it.each<[string, object]>([
    ['a lower level than was verified', { minimumLevels: ['SLSA_BUILD_LEVEL_2', 'SLSA_BUILD_LEVEL_0'] }],
    ['a track that the verifier makes no claim about', { minimumLevels: ['SLSA_SOURCE_LEVEL_UNEVALUATED'] }],
    ['no level', { minimumLevels: [] }],
    ['the age that it just has', { maxAgeMs: hourMs }],
    ['a clock that is slow within the limit', { now: new Date('2026-11-25T10:59:00Z') }],
    ['its policy', { policy: { uri: 'https://example.com/policy', digest } }],
    [
      'levels that all dependencies have',
      { minimumDependencyLevels: ['SLSA_BUILD_LEVEL_1', 'SLSA_SOURCE_LEVEL_2'] },
    ],
  ])('accepts %s', (_, options) => {
    expect(codes(options)).toEqual([])
  })

  it.each<[string, object, object, readonly string[]]>([
    ['another verifier', { verifierId: 'https://example.com/gate/pre-prod' }, {}, ['verifier-mismatch']],
    [
      'a verifier that only begins alike',
      { verifierId: 'https://example.com/gate' },
      {},
      ['verifier-mismatch'],
    ],
    [
      'another resource',
      { resourceUri: 'pkg:oci/app?repository_url=dev.example/app' },
      {},
      ['resource-mismatch'],
    ],
    [
      'a resource that only begins alike',
      { resourceUri: 'pkg:oci/app?repository_url=prod.example/ap' },
      {},
      ['resource-mismatch'],
    ],
    ['no resource', { resourceUri: '' }, {}, ['resource-mismatch']],
    ['a failure', {}, { verificationResult: 'FAILED' }, ['result-failed']],
    [
      'a failure among the levels',
      {},
      { verifiedLevels: ['FAILED'] },
      ['result-failed', 'level-missing', 'level-missing'],
    ],
    [
      'a level that was not reached',
      {},
      { verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'ACME_GATE'] },
      ['level-missing'],
    ],
    ['a level of another track', { minimumLevels: ['SLSA_SOURCE_LEVEL_1'] }, {}, ['level-missing']],
    ['level 0 of an unevaluated track', { minimumLevels: ['SLSA_SOURCE_LEVEL_0'] }, {}, ['level-missing']],
    ['an own level by prefix', { minimumLevels: ['ACME'] }, {}, ['level-missing']],
    [
      'a level that SLSA has not',
      {},
      { verifiedLevels: ['SLSA_BUILD_LEVEL_9', 'ACME_GATE'] },
      ['level-missing'],
    ],
    ...['SLSA_BUILD_LEVEL_10', 'SLSA_BUILD_LEVEL_03', 'SLSA_BUILD_LEVEL_-1', 'SLSA_LEVEL_3', 'SLSA_'].map(
      (level): [string, object, object, readonly string[]] => [
        `the level ${level}, although the verifier says so`,
        { minimumLevels: [level] },
        { verifiedLevels: [level] },
        ['level-missing'],
      ],
    ),
    [
      'a level in other letters',
      {},
      { verifiedLevels: ['slsa_build_level_3', 'ACME_GATE'] },
      ['level-missing'],
    ],
    [
      'a level and no claim about the same track',
      {},
      { verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'SLSA_BUILD_LEVEL_UNEVALUATED', 'ACME_GATE'] },
      ['levels-invalid'],
    ],
    ['any age where the limit is no number', { maxAgeMs: Number.NaN }, {}, ['too-old']],
    ['any time where the skew is no number', { clockSkewMs: Number.NaN }, {}, ['from-the-future']],
    ['any time where now is none', { now: new Date(Number.NaN) }, {}, ['from-the-future']],
    [
      'two levels of one track',
      {},
      { verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'SLSA_BUILD_LEVEL_1', 'ACME_GATE'] },
      ['levels-invalid'],
    ],
    [
      'dependencies below the level',
      { minimumDependencyLevels: ['SLSA_BUILD_LEVEL_2'] },
      {},
      ['dependency-level-missing'],
    ],
    [
      'dependencies of a track that was not counted',
      { minimumDependencyLevels: ['SLSA_X_LEVEL_1'] },
      {},
      ['dependency-level-missing'],
    ],
    [
      'dependencies that failed',
      { minimumDependencyLevels: ['SLSA_BUILD_LEVEL_1'] },
      { dependencyLevels: { SLSA_BUILD_LEVEL_3: 2, FAILED: 1 } },
      ['dependency-level-missing'],
    ],
    [
      'nothing said of dependencies',
      { minimumDependencyLevels: ['SLSA_BUILD_LEVEL_1'] },
      { dependencyLevels: undefined },
      ['dependency-level-missing'],
    ],
    ['another policy', { policy: { uri: 'https://example.com/other' } }, {}, ['policy-mismatch']],
    [
      'another version of the policy',
      { policy: { digest: `sha256:${'cd'.repeat(32)}` } },
      {},
      ['policy-mismatch'],
    ],
    [
      'a policy without a digest',
      { policy: { digest } },
      { policy: { uri: 'https://example.com/policy' } },
      ['policy-mismatch'],
    ],
    ['another major version of SLSA', {}, { slsaVersion: '2.0' }, ['version-unsupported']],
    ['more than the greatest age', { maxAgeMs: hourMs - 1 }, {}, ['too-old']],
    ['a time to come', { now: new Date('2026-11-25T10:58:59Z') }, {}, ['from-the-future']],
    ['no time where the age matters', { maxAgeMs: hourMs }, { timeVerified: undefined }, ['time-missing']],
  ])('refuses %s', (_, options, said, problems) => {
    expect(codes(options, said)).toEqual(problems)
  })

  it('accepts no dependencies at all, whatever their level should be', () => {
    expect(codes({ minimumDependencyLevels: ['SLSA_BUILD_LEVEL_3'] }, { dependencyLevels: {} })).toEqual([])
  })

  it('reports everything that is wrong', () => {
    expect(codes({ verifierId: 'a', resourceUri: 'b', policy: { uri: 'c' } })).toEqual([
      'verifier-mismatch',
      'resource-mismatch',
      'policy-mismatch',
    ])
  })

  const key = (keyId: string): EvidenceSigner => ({ kind: 'key', keyId })
  const speaksFor = (verifierId: string, keyId: string) => ({
    verifierId,
    signedBy: (signer: EvidenceSigner) => signer.kind === 'key' && signer.keyId === keyId,
  })
  const trustedVerifiers = [
    speaksFor('https://example.com/gate/prod', 'prod'),
    speaksFor('https://example.com/gate/dev', 'dev'),
  ]
  it.each([
    ['accepts the signer of the verifier', key('prod'), []],
    ['refuses the trusted signer of another verifier', key('dev'), ['verifier-mismatch']],
    ['refuses a signer that speaks for none', key('other'), ['verifier-mismatch']],
  ])('%s', (_, signer, problems) => {
    const { resourceUri, minimumLevels } = expected
    const check = checkVsa(predicate, { resourceUri, minimumLevels, now, trustedVerifiers, signer })
    expect(check.problems.map(({ code }) => code)).toEqual(problems)
  })
})
