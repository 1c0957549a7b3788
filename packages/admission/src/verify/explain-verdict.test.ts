import type {
  CandidateProblemCode,
  ImageVerdict,
  MissedCandidate,
  RequirementResult,
} from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { explainVerdict } from './explain-verdict.ts'

const subject = digestOf('image')
const key = { kind: 'key', keyId: 'k1' } as MissedCandidate['signer']
const terms = { id: 't', requirements: [], subject: 'index' } as const

const missed = (code: CandidateProblemCode, signer?: MissedCandidate['signer']): MissedCandidate => ({
  code,
  message: `it is ${code}`,
  signer,
  subject,
  store: 'bundle',
  manifest: digestOf(code),
})
const result = (
  kind: RequirementResult['kind'],
  candidates: readonly MissedCandidate[] = [],
  rest: Partial<RequirementResult> = {},
): RequirementResult => ({
  name: kind === 'vsa' ? 'decision' : kind,
  kind,
  subject,
  satisfied: false,
  message: 'nothing was found',
  evidence: [],
  candidates,
  omitted: {},
  ...rest,
})
const verdictOf = (rest: Partial<ImageVerdict>): ImageVerdict => ({
  verdict: 'fail',
  allow: false,
  reference: 'x',
  digest: subject,
  subjects: [],
  requirements: [],
  stores: [],
  warnings: [],
  ...rest,
})
const fails = (...requirements: readonly RequirementResult[]): ImageVerdict => verdictOf({ requirements })
const breaks = (code: string, ...requirements: readonly RequirementResult[]): ImageVerdict =>
  verdictOf({ verdict: 'error', error: { code, message: 'm' }, requirements })

describe('explainVerdict', () => {
  it.each<[string, ImageVerdict, readonly string[], (readonly string[])?]>([
    ['a pass', verdictOf({ verdict: 'pass', allow: true }), []],
    ['a pass that does not allow', verdictOf({ verdict: 'pass' }), ['error verification-failed']],
    ['a refusal without a reason', fails(), ['error verification-failed']],
    ['nothing there', fails(result('vsa')), ['fail decision-missing']],
    [
      'nothing there of each',
      fails(result('signature'), result('sbom'), result('provenance'), result('attestation')),
      ['fail signature-missing', 'fail sbom-missing', 'fail provenance-missing', 'fail verification-failed'],
    ],
    [
      'what is satisfied',
      fails(result('vsa', [], { satisfied: true }), result('sbom')),
      ['fail sbom-missing'],
    ],
    ['only other types', fails(result('sbom', [missed('predicate-type-mismatch')])), ['fail sbom-missing']],
    [
      'a decision that says no',
      fails(result('vsa', [missed('result-failed', key)])),
      ['fail decision-failed'],
    ],
    [
      'a decision of elsewhere',
      fails(result('vsa', [missed('resource-mismatch', key)])),
      ['fail decision-elsewhere'],
    ],
    [
      'a decision of another tier',
      fails(result('vsa', [missed('level-missing', key)])),
      ['fail decision-other-tier'],
    ],
    ['a decision that is too old', fails(result('vsa', [missed('too-old', key)])), ['fail decision-expired']],
    [
      'a decision that is malformed',
      fails(result('vsa', [missed('predicate-invalid', key)])),
      ['fail decision-invalid'],
    ],
    ['an SBOM that is too old', fails(result('sbom', [missed('too-old', key)])), ['fail sbom-invalid']],
    ['a stranger', fails(result('sbom', [missed('signer-not-accepted', key)])), ['fail signer-not-accepted']],
    [
      'junk beside what nearly counts',
      fails(
        result('vsa', [
          missed('predicate-invalid'),
          missed('signer-not-accepted', key),
          missed('level-missing', key),
        ]),
      ),
      ['fail decision-other-tier'],
    ],
    [
      'the parts of what one of will do',
      fails(result('anyOf', [], { parts: [result('vsa', [missed('level-missing', key)])] })),
      ['fail decision-other-tier'],
    ],
    [
      'a key outside of its time',
      fails(result('vsa', [missed('key-not-valid', key)])),
      ['fail decision-invalid'],
    ],
    [
      'a key that is revoked',
      fails(result('vsa', [missed('key-not-valid', key)])),
      ['fail key-revoked'],
      ['k1'],
    ],
    [
      'a revoked key beside a stranger',
      fails(result('vsa', [missed('signer-not-accepted', key), missed('key-not-valid', key)])),
      ['fail key-revoked'],
      ['k1'],
    ],
    [
      'a condition that threw',
      fails(result('vsa', [missed('condition-threw', key)])),
      ['error decision-invalid'],
    ],
    [
      'a registry that is down',
      breaks('REGISTRY_UNREACHABLE', result('vsa')),
      ['error registry-unreachable'],
    ],
    ['credentials that do not do', breaks('DENIED', result('vsa')), ['error registry-denied']],
    ['something new', breaks('SOMETHING_NEW'), ['error verification-failed']],
    ['a name of every object', breaks('constructor'), ['error verification-failed']],
    ['a digest that lies', breaks('DIGEST_MISMATCH'), ['fail image-invalid']],
    ['an index in an index', breaks('index-nested'), ['fail image-invalid']],
    ['an index of nothing', breaks('no-platforms'), ['fail image-invalid']],
    ['too many platforms', breaks('limit-exceeded'), ['fail image-invalid']],
  ])('says of %s what it is', (_title, verdict, expected, revokedKeys) => {
    const problems = explainVerdict(verdict, { ...terms, revokedKeys })
    expect(problems.map((problem) => `${problem.verdict} ${problem.code}`)).toEqual(expected)
    for (const { message } of problems) expect(message).not.toBe('')
  })

  it('names the requirement and what it is about, without control characters', () => {
    const candidate = { ...missed('level-missing', key), message: 'a\u001b[31mred\nline' }
    const [problem] = explainVerdict(fails(result('vsa', [candidate])), terms)
    expect(problem?.message).toContain(`decision of ${subject}: `)
    // oxlint-disable-next-line no-control-regex
    expect(problem?.message).not.toMatch(/[\u0000-\u001f]/)
  })
})
