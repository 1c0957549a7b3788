import { describe, expect, it } from 'vitest'
import type { VerifiedEvidence } from '../facts.ts'
import { aContext, subject } from '../rules/rule-context.fixture.ts'
import { evidenceAgeKind } from './evidence-age.ts'
import { judge } from './judge-requirement.fixture.ts'
import { provenanceKind } from './provenance.ts'
import { sbomKind } from './sbom.ts'
import { signaturesKind } from './signatures.ts'

const key = (keyId: string): VerifiedEvidence['signer'] => ({ kind: 'key', keyId })
const certificate = (identity: string, issuer = 'https://issuer.example'): VerifiedEvidence['signer'] => ({
  kind: 'certificate',
  identity,
  issuer,
})

const piece = (kind: VerifiedEvidence['kind'], rest: Partial<VerifiedEvidence> = {}): VerifiedEvidence => ({
  kind,
  predicateType: 'https://example.test/predicate',
  subject,
  digest: `sha256:${'2'.repeat(64)}`,
  signer: key('release'),
  signedAt: '2026-11-20T00:00:00Z',
  ...rest,
})

const given = (
  verified: readonly VerifiedEvidence[],
  rejected: NonNullable<ReturnType<typeof aContext>['facts']['evidence']>['rejected'] = [],
) => aContext({ evidence: { verified, rejected } })

const agreeing = { ok: true, problems: [], differences: { missing: [], extra: [], differing: [] } } as const
const sbom = piece('sbom', { sbom: agreeing })

const kinds = [
  ['sbom', sbomKind, {}],
  ['signature', signaturesKind, { signers: [{ key: 'release' }] }],
  ['provenance', provenanceKind, {}],
] as const

describe.each(kinds)('absence of %s', (kind, requirement, rest) => {
  it.each([
    ['required', 'broken'],
    ['ifPresent', 'holds'],
  ])('%s: %s', (presence, outcome) => {
    expect(judge(requirement as never, { presence, ...rest }, given([]))).toMatchObject({ outcome })
  })

  it.each(['required', 'ifPresent'])('pitfall 4: %s is an error when nobody looked', (presence) => {
    expect(
      judge(requirement as never, { presence, ...rest }, aContext({ evidence: undefined })),
    ).toMatchObject({ outcome: 'error', code: 'evidence-unknown' })
  })

  it.each(['required', 'ifPresent'])('pitfall 18: %s is broken by what did not verify', (presence) => {
    for (const rejected of [
      [{ code: 'UNTRUSTED', message: 'by somebody' }],
      [{ code: 'UNTRUSTED', message: 'by somebody', kind }],
    ])
      expect(judge(requirement as never, { presence, ...rest }, given([], rejected))).toMatchObject({
        outcome: 'broken',
        offenders: ['rejected: UNTRUSTED: by somebody'],
      })
  })

  it('what of another kind did not verify is no matter of this one', () => {
    const rejected = [{ code: 'UNTRUSTED', message: 'x', kind: 'vex' }] as const
    expect(
      judge(requirement as never, { presence: 'ifPresent', ...rest }, given([], rejected)),
    ).toMatchObject({
      outcome: 'holds',
    })
  })

  it('evidence of another kind is none of this one', () => {
    expect(
      judge(requirement as never, { presence: 'required', ...rest }, given([piece('scan')])),
    ).toMatchObject({ outcome: 'broken' })
  })

  it('whether it may be absent must be said', () => {
    expect(requirement.schema.safeParse(rest).success).toBe(false)
  })
})

describe('sbomKind', () => {
  it.each([
    ['agrees', sbom, 'holds'],
    ['was not compared', piece('sbom'), 'broken'],
    ['was compared by its subject only', piece('sbom', { sbom: { ok: true, problems: [] } }), 'broken'],
    [
      'is of another image',
      piece('sbom', {
        sbom: { ...agreeing, ok: false, problems: [{ code: 'subject-mismatch', message: 'of sha256:3' }] },
      }),
      'broken',
    ],
    ['is signed by another', piece('sbom', { sbom: agreeing, signer: key('intern') }), 'broken'],
  ] as const)('one that %s', (_, evidence, outcome) => {
    for (const presence of ['required', 'ifPresent'])
      expect(judge(sbomKind, { presence, signers: [{ key: 'release' }] }, given([evidence]))).toMatchObject({
        outcome,
      })
  })

  it('one that agrees is enough', () => {
    expect(judge(sbomKind, { presence: 'required' }, given([piece('sbom'), sbom]))).toMatchObject({
      outcome: 'holds',
    })
  })
})

describe('signaturesKind', () => {
  const team = { identity: 'https://git.example/team/*', issuer: 'https://issuer.example' }

  it.each([
    ['a key', [key('release')], [{ key: 'release' }], 1, 'holds'],
    ['another key', [key('intern')], [{ key: 'release' }], 1, 'broken'],
    ['a key whose id only starts so', [key('release-2')], [{ key: 'release' }], 1, 'broken'],
    ['an identity', [certificate('https://git.example/team/app')], [team], 1, 'holds'],
    [
      'an identity of another issuer',
      [certificate('https://git.example/team/app', 'https://evil.example')],
      [team],
      1,
      'broken',
    ],
    [
      'an identity that contains it',
      [certificate('https://evil.example/https://git.example/team/app')],
      [team],
      1,
      'broken',
    ],
    ['a key named like an identity', [key('https://git.example/team/app')], [team], 1, 'broken'],
    ['a certificate named like a key', [certificate('release')], [{ key: 'release' }], 1, 'broken'],
    ['one of two', [key('a')], [{ key: 'a' }, { key: 'b' }], 2, 'broken'],
    ['two of two', [key('a'), key('b')], [{ key: 'a' }, { key: 'b' }], 2, 'holds'],
    ['the same twice', [key('a'), key('a')], [{ key: 'a' }, { key: 'b' }], 2, 'broken'],
    ['one whom two patterns name', [key('a')], [{ key: 'a' }, { key: '*a' }], 2, 'broken'],
    ['one who may and one who may not', [key('a'), key('x')], [{ key: 'a' }], 1, 'holds'],
  ] as const)('%s', (_, signers, patterns, atLeast, outcome) => {
    const context = given(signers.map((signer) => piece('signature', { signer })))
    for (const presence of ['required', 'ifPresent'])
      expect(judge(signaturesKind, { presence, signers: patterns, atLeast }, context)).toMatchObject({
        outcome,
      })
  })

  it.each([
    [[]],
    [[{ key: '*' }]],
    [[{ key: '' }]],
    [[{ identity: 'a' }]],
    [[{ identity: '*', issuer: '**' }]],
    [[{ key: 'a', identity: 'b', issuer: 'c' }]],
    ['release'],
  ])('refuses signers %j', (signers) => {
    expect(signaturesKind.schema.safeParse({ presence: 'required', signers }).success).toBe(false)
  })
})

describe('provenanceKind', () => {
  const builder = { id: 'https://ci.example/runner@v1', level: 3 } as const
  const provenance = piece('provenance', { builder, source: 'https://git.example/team/app' })
  const ci = 'https://ci.example/*'

  it.each([
    ['any', {}, provenance, 'holds'],
    ['a trusted builder', { builders: [{ id: ci }] }, provenance, 'holds'],
    ['another builder', { builders: [{ id: 'https://other.example/*' }] }, provenance, 'broken'],
    ['no builder', { builders: [{ id: '*' }] }, piece('provenance'), 'broken'],
    ['level of the gate', { builders: [{ id: ci }], minLevel: 3 }, provenance, 'holds'],
    [
      'level of the policy, which is lower',
      { builders: [{ id: ci, level: 2 }], minLevel: 3 },
      provenance,
      'broken',
    ],
    ['level that nobody grants', { minLevel: 1 }, piece('provenance', { builder: { id: 'x' } }), 'broken'],
    [
      'one entry of two grants it',
      {
        builders: [
          { id: ci, level: 1 },
          { id: builder.id, level: 3 },
        ],
        minLevel: 3,
      },
      provenance,
      'holds',
    ],
    [
      'signed for the builder',
      { builders: [{ id: ci, signers: [{ key: 'release' }] }] },
      provenance,
      'holds',
    ],
    ['signed by another', { builders: [{ id: ci, signers: [{ key: 'ci' }] }] }, provenance, 'broken'],
    ['signers of the rule', { signers: [{ key: 'ci' }] }, provenance, 'broken'],
    [
      'signers of an entry stand for those of the rule',
      { signers: [{ key: 'ci' }], builders: [{ id: ci, signers: [{ key: 'release' }] }] },
      provenance,
      'holds',
    ],
    ['its source', { sources: ['https://git.example/team/*'] }, provenance, 'holds'],
    ['another source', { sources: ['https://git.example/other/*'] }, provenance, 'broken'],
    ['no source', { sources: ['*'] }, piece('provenance', { builder }), 'broken'],
  ] as const)('%s', (_, rule, evidence, outcome) => {
    for (const presence of ['required', 'ifPresent'])
      expect(judge(provenanceKind, { presence, ...rule }, given([evidence]))).toMatchObject({ outcome })
  })
})

describe('evidenceAgeKind', () => {
  const rule = { scan: { presence: 'required', maxAge: '7d' } }

  it.each([
    ['young enough', [piece('scan')], 'holds'],
    ['of the last instant', [piece('scan', { signedAt: '2026-11-19T12:00:00.000Z' })], 'holds'],
    ['a millisecond too old', [piece('scan', { signedAt: '2026-11-19T11:59:59.999Z' })], 'broken'],
    ['undated', [piece('scan', { signedAt: undefined })], 'broken'],
    ['dated with words', [piece('scan', { signedAt: 'today' })], 'broken'],
    ['of a clock that is ahead a little', [piece('scan', { signedAt: '2026-11-26T12:04:00Z' })], 'holds'],
    ['pitfall 17: of the future', [piece('scan', { signedAt: '2027-11-26T12:00:00Z' })], 'broken'],
    ['old, and a young one', [piece('scan', { signedAt: '2020-01-01T00:00:00Z' }), piece('scan')], 'holds'],
    ['absent', [], 'broken'],
    ['of another kind', [piece('vex')], 'broken'],
  ] as const)('evidence %s', (_, verified, outcome) => {
    expect(judge(evidenceAgeKind, rule, given(verified))).toMatchObject({ outcome })
  })

  it('each kind has its own limit, and all must keep to theirs', () => {
    const both = { ...rule, vex: { presence: 'ifPresent', maxAge: '30d' } }
    expect(judge(evidenceAgeKind, both, given([piece('scan')]))).toMatchObject({ outcome: 'holds' })
    const old = piece('vex', { signedAt: '2026-10-01T00:00:00Z' })
    expect(judge(evidenceAgeKind, both, given([piece('scan'), old]))).toMatchObject({ outcome: 'broken' })
  })

  it('pitfall 4: is an error when nobody looked', () => {
    expect(judge(evidenceAgeKind, rule, aContext({ evidence: undefined }))).toMatchObject({
      outcome: 'error',
    })
  })

  it.each([{}, { scan: { presence: 'required', maxAge: '7 days' } }, { scan: '7d' }])(
    'refuses %j',
    (form) => {
      expect(evidenceAgeKind.schema.safeParse(form).success).toBe(false)
    },
  )
})
