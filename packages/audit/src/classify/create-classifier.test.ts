import { decisionLevel, decisionResource } from '@sallyport/attest'
import { isDigest } from '@sallyport/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import type { AuditTerms } from '../audit-terms.ts'
import { createClassifier } from './create-classifier.ts'
import {
  decidedAt,
  gateId,
  now,
  openLab,
  policyOf,
  presentPolicy,
  presentTerms,
  type Scene,
  signers,
  termsOf,
} from './evidence-lab.fixture.ts'

let lab: Awaited<ReturnType<typeof openLab>>
beforeAll(async () => void (lab = await openLab()))
afterAll(() => lab[Symbol.asyncDispose]())

type Step = (scene: Scene) => Promise<unknown>
type Row = readonly [
  title: string,
  expected: readonly string[],
  steps: readonly Step[],
  terms?: AuditTerms | undefined,
  at?: Date | undefined,
]

const all: Step = (scene) => scene.attachAll()
const sign: Step = (scene) => scene.sign()
const sbom: Step = (scene) => scene.sbom()
const provenance: Step = (scene) => scene.provenance()
const decide: Step = (scene) => scene.decide()
const legacy = { mode: 'legacy' } as const
const stranger = { by: signers.stranger }
const junk: Step = (scene) => scene.plant('{"no": "bundle"}')
const otherDigest = presentPolicy.digest
const strict = policyOf('    thresholds: [{ name: few, severity: [high, critical], max: 0 }]')
const later = (ms: number) => new Date(decidedAt.getTime() + ms)
const elsewhere = { resourceUri: decisionResource('prod.example/another') }
const inKeys = (validFor: object) => ({ keys: [{ pem: signers.release.publicKey, validFor }] })

/** Class, then the classes of all problems with their codes, worst first. */
const table: Record<string, readonly Row[]> = {
  compliant: [
    ['all that is needed as bundles', [], [all]],
    ['all of it in both stores', [], [(scene) => scene.attachAll({ mode: 'both' })]],
    ['all of it twice', [], [all, all]],
    ['junk beside it', [], [all, junk, junk]],
    ['signatures of strangers beside it', [], [all, (scene) => scene.attachAll(stranger)]],
    ['a decision for elsewhere beside it', [], [all, (scene) => scene.decide({ parts: elsewhere })]],
    ['an SBOM of another image beside it', [], [all, (scene) => scene.sbom({ describes: otherDigest })]],
    ['old tags beside bundles', [], [all, (scene) => scene.sign(legacy)]],
    [
      'nothing but a signature where no more is needed',
      [],
      [sign],
      termsOf({ sbom: false, provenance: false, decision: false }),
    ],
    [
      'any provenance by a signer of images, by default',
      [],
      [
        sign,
        sbom,
        decide,
        (scene) => scene.provenance({ builder: 'https://anybody.example', by: signers.release }),
      ],
      termsOf({ provenance: undefined }),
    ],
    [
      'an SBOM by a signer of images, by default',
      [],
      [sign, (scene) => scene.sbom({ by: signers.release }), provenance, decide],
      termsOf({ sbom: undefined }),
    ],
    [
      'a decision of exactly the maximum age',
      [],
      [all],
      termsOf({ decisionMaxAgeMs: 3_600_000 }),
      later(3_600_000),
    ],
    ['a key at the last instant for which it counts', [], [all], termsOf({ signers: inKeys({ end: now }) })],
    [
      'one of several signers',
      [],
      [all],
      termsOf({ signers: { keys: [signers.stranger.publicKey, signers.release.publicKey] } }),
    ],
    ['a pass by the present policy', [], [all], presentTerms()],
    [
      'an older decision beside a present one',
      [],
      [(scene) => scene.decide({ parts: { timeVerified: new Date('2025-01-01T00:00:00Z') } }), all],
      termsOf({ decisionMaxAgeMs: 7_200_000 }),
    ],
  ],
  unsigned: [
    [
      'a new flaw and no signature',
      ['unsigned', 'would-fail-today threshold-exceeded'],
      [sbom, provenance, decide],
      presentTerms(['hello']),
    ],
    ['nothing at all', ['unsigned', 'no-decision', 'no-sbom', 'no-provenance'], []],
    [
      'nothing where only a signature is needed',
      ['unsigned'],
      [],
      termsOf({ sbom: false, provenance: false, decision: false }),
    ],
    ['all but a signature', ['unsigned'], [sbom, provenance, decide]],
    [
      'a signature statement where attestations are',
      ['unsigned'],
      [
        sbom,
        provenance,
        decide,
        (scene) =>
          scene.attest('https://sigstore.dev/cosign/sign/v1', {}, { by: signers.release, mode: 'legacy' }),
      ],
    ],
  ],
  'wrong-identity': [
    [
      'all of it by a stranger',
      [
        'wrong-identity key-unknown',
        'wrong-identity key-unknown',
        'wrong-identity key-unknown',
        'wrong-identity key-unknown',
      ],
      [(scene) => scene.attachAll(stranger)],
    ],
    [
      'the signature by a stranger',
      ['wrong-identity key-unknown'],
      [sbom, provenance, decide, (scene) => scene.sign(stranger)],
    ],
    [
      'the signature by who signs evidence',
      ['wrong-identity signer-not-accepted'],
      [sbom, provenance, decide, (scene) => scene.sign({ by: signers.evidence })],
    ],
    [
      'the SBOM by who signs releases',
      ['wrong-identity signer-not-accepted'],
      [sign, provenance, decide, (scene) => scene.sbom({ by: signers.release })],
    ],
    [
      'the decision by who signs evidence',
      ['wrong-identity signer-not-accepted'],
      [sign, sbom, provenance, (scene) => scene.decide({ by: signers.evidence })],
    ],
    [
      'the decision of a gate that is not known',
      ['wrong-identity verifier-mismatch'],
      [sign, sbom, provenance, (scene) => scene.decide({ parts: { verifier: { id: `${gateId}/other` } } })],
    ],
    [
      'the provenance by who signs releases',
      ['wrong-identity signer-not-accepted'],
      [sign, sbom, decide, (scene) => scene.provenance({ by: signers.release })],
    ],
    [
      'a key a millisecond after its time',
      ['wrong-identity key-not-valid'],
      [all],
      termsOf({ signers: inKeys({ end: new Date(now.getTime() - 1) }) }),
    ],
    [
      'a key before its time',
      ['wrong-identity key-not-valid'],
      [all],
      termsOf({ signers: inKeys({ start: new Date(now.getTime() + 1) }) }),
    ],
  ],
  unverifiable: [
    [
      'junk where everything is missing',
      [
        'unverifiable bundle-invalid',
        'unverifiable bundle-invalid',
        'unverifiable bundle-invalid',
        'unverifiable bundle-invalid',
      ],
      [junk],
    ],
    ['junk where a signature is missing', ['unverifiable bundle-invalid'], [sbom, provenance, decide, junk]],
    ['junk where an SBOM is missing', ['unverifiable bundle-invalid'], [sign, provenance, decide, junk]],
    [
      'junk and a stranger where a signature is missing',
      ['unverifiable bundle-invalid'],
      [sbom, provenance, decide, junk, (scene) => scene.sign(stranger)],
    ],
    [
      'an old signature by another key, which names none',
      ['unverifiable signature-invalid'],
      [sbom, provenance, decide, (scene) => scene.sign({ ...stranger, ...legacy })],
    ],
    [
      'an SBOM that is none',
      ['unverifiable predicate-invalid'],
      [sign, provenance, decide, (scene) => scene.sbom({ fields: { specVersion: 'none' } })],
    ],
    [
      'a decision that is none',
      ['unverifiable predicate-invalid'],
      [
        sign,
        sbom,
        provenance,
        (scene) =>
          scene.attest(
            'https://slsa.dev/verification_summary/v1',
            { verifier: { id: gateId } },
            { by: signers.release },
          ),
      ],
    ],
    [
      'a provenance that is none',
      ['unverifiable predicate-invalid'],
      [sign, sbom, decide, (scene) => scene.attest('https://slsa.dev/provenance/v1', {})],
    ],
    [
      'a decision yet to come',
      ['unverifiable from-the-future'],
      [
        sign,
        sbom,
        provenance,
        (scene) => scene.decide({ parts: { timeVerified: new Date(now.getTime() + 300_001) } }),
      ],
    ],
  ],
  'no-decision': [
    ['all but a decision', ['no-decision'], [sign, sbom, provenance]],
    ['neither decision nor SBOM', ['no-decision', 'no-sbom'], [sign, provenance]],
    [
      'a decision that failed',
      ['no-decision result-failed'],
      [sign, sbom, provenance, (scene) => scene.decide({ parts: { result: 'FAILED', verifiedLevels: [] } })],
    ],
    [
      'a decision that failed, for elsewhere',
      ['no-decision result-failed'],
      [
        sign,
        sbom,
        provenance,
        (scene) => scene.decide({ parts: { ...elsewhere, result: 'FAILED', verifiedLevels: [] } }),
      ],
    ],
    [
      'broken glass',
      ['no-decision break-glass'],
      [
        sign,
        sbom,
        provenance,
        (scene) => scene.decide({ parts: { verifiedLevels: [decisionLevel('prod', { breakGlass: true })] } }),
      ],
    ],
  ],
  'decision-elsewhere': [
    [
      'another repository',
      ['decision-elsewhere resource-mismatch'],
      [sign, sbom, provenance, (scene) => scene.decide({ parts: elsewhere })],
    ],
    [
      'another registry',
      ['decision-elsewhere resource-mismatch'],
      [
        sign,
        sbom,
        provenance,
        (scene) =>
          scene.decide({
            parts: {
              resourceUri: decisionResource(
                `staging.example/${scene.repository.name.split('/').slice(1).join('/')}`,
              ),
            },
          }),
      ],
    ],
    [
      'a lower tier',
      ['decision-elsewhere level-missing'],
      [
        sign,
        sbom,
        provenance,
        (scene) => scene.decide({ parts: { verifiedLevels: [decisionLevel('staging')] } }),
      ],
    ],
    [
      'a tier whose name begins alike',
      ['decision-elsewhere level-missing'],
      [
        sign,
        sbom,
        provenance,
        (scene) => scene.decide({ parts: { verifiedLevels: [decisionLevel('prod-eu')] } }),
      ],
    ],
    [
      'no level at all',
      ['decision-elsewhere level-missing'],
      [sign, sbom, provenance, (scene) => scene.decide({ parts: { verifiedLevels: [] } })],
    ],
    [
      'elsewhere, and junk',
      ['decision-elsewhere resource-mismatch'],
      [sign, sbom, provenance, junk, (scene) => scene.decide({ parts: elsewhere })],
    ],
    [
      'broken glass elsewhere',
      ['decision-elsewhere resource-mismatch'],
      [
        sign,
        sbom,
        provenance,
        (scene) =>
          scene.decide({
            parts: { ...elsewhere, verifiedLevels: [decisionLevel('prod', { breakGlass: true })] },
          }),
      ],
    ],
  ],
  'decision-stale': [
    [
      'another policy that it fails',
      ['decision-stale policy-mismatch', 'would-fail-today threshold-exceeded'],
      [all],
      presentTerms(['hello'], { policy: strict }),
    ],
    [
      'a decision a millisecond too old',
      ['decision-stale too-old'],
      [all],
      termsOf({ decisionMaxAgeMs: 3_600_000 }),
      later(3_600_001),
    ],
    [
      'a decision under another policy',
      ['decision-stale policy-mismatch'],
      [all],
      presentTerms([], { policy: strict }),
    ],
    [
      'an old decision here and a present one elsewhere',
      ['decision-stale too-old'],
      [all, (scene) => scene.decide({ parts: { ...elsewhere, timeVerified: now } })],
      termsOf({ decisionMaxAgeMs: 60_000 }),
    ],
  ],
  'would-fail-today': [
    ['a new flaw of a package', ['would-fail-today threshold-exceeded'], [all], presentTerms(['hello'])],
    [
      'a new flaw of a source package',
      ['would-fail-today threshold-exceeded'],
      [all],
      presentTerms(['openssl']),
    ],
    [
      'one of two SBOMs that lists a flawed package',
      ['would-fail-today threshold-exceeded'],
      [all, (scene) => scene.sbom({ packages: ['vim@9'] })],
      presentTerms(['vim']),
    ],
  ],
  'no-sbom': [
    ['all but an SBOM', ['no-sbom'], [sign, provenance, decide]],
    ['all but an SBOM, judged anew', ['no-sbom'], [sign, provenance, decide], presentTerms()],
    ['neither SBOM nor provenance', ['no-sbom', 'no-provenance'], [sign, decide]],
  ],
  'sbom-disagrees': [
    [
      'an SBOM of another image',
      ['sbom-disagrees subject-mismatch'],
      [sign, provenance, decide, (scene) => scene.sbom({ describes: otherDigest })],
    ],
    [
      'an SBOM of no image that it names',
      ['sbom-disagrees subject-unnamed'],
      [sign, provenance, decide, (scene) => scene.sbom({ fields: { metadata: {} } })],
    ],
    [
      'an SBOM of another image, judged anew',
      ['sbom-disagrees subject-mismatch'],
      [sign, provenance, decide, (scene) => scene.sbom({ describes: otherDigest })],
      presentTerms(['hello']),
    ],
    [
      'an SBOM of another image, and junk',
      ['sbom-disagrees subject-mismatch'],
      [sign, provenance, decide, junk, (scene) => scene.sbom({ describes: otherDigest })],
    ],
  ],
  'no-provenance': [
    ['an old tag, and no provenance', ['no-provenance'], [sign, sbom, (scene) => scene.decide(legacy)]],
    ['all but a provenance', ['no-provenance'], [sign, sbom, decide]],
    [
      'a builder that is not accepted',
      ['no-provenance builder-untrusted'],
      [sign, sbom, decide, (scene) => scene.provenance({ builder: 'https://laptop.example' })],
    ],
    [
      'nothing by a signer of images, by default',
      ['no-provenance'],
      [sign, sbom, decide],
      termsOf({ provenance: undefined }),
    ],
  ],
  'legacy-only': [
    ["all of it under cosign's old tags", ['legacy-only'], [(scene) => scene.attachAll(legacy)]],
    [
      'the signature under the old tag',
      ['legacy-only'],
      [sbom, provenance, decide, (scene) => scene.sign(legacy)],
    ],
    [
      'the SBOM under the old tag',
      ['legacy-only'],
      [sign, provenance, decide, (scene) => scene.sbom(legacy)],
    ],
    [
      'all of it under old tags, judged anew',
      ['legacy-only'],
      [(scene) => scene.attachAll(legacy)],
      presentTerms(),
    ],
  ],
  error: [
    [
      'a scanner whose data are too old',
      ['error data-stale'],
      [all],
      presentTerms(),
      new Date('2026-06-06T12:00:00Z'),
    ],
    [
      'an SBOM that lists no package',
      ['error coverage-gap'],
      [sign, provenance, decide, (scene) => scene.sbom({ packages: [] })],
      presentTerms(),
    ],
    [
      'an SBOM that says what it could not see',
      ['error coverage-gap'],
      [
        sign,
        provenance,
        decide,
        (scene) =>
          scene.sbom({
            fields: {
              metadata: {
                component: { type: 'container', name: 'app', version: scene.image.descriptor.digest },
                properties: [{ name: 'sallyport:gap', value: 'UNREADABLE: a database' }],
              },
            },
          }),
      ],
      presentTerms(),
    ],
    [
      'no SBOM where none is needed, judged anew',
      ['error not-judged'],
      [sign, provenance, decide],
      presentTerms([], { sbom: false }),
    ],
    [
      'a rule about files without a decision that settles it',
      ['error needs-layers'],
      [sign, sbom, provenance],
      presentTerms([], {
        decision: false,
        policy: policyOf(
          '    thresholds: [{ name: none, severity: critical, max: 0 }]\n    requirements: { config: { user: non-root } }',
        ),
      }),
    ],
    ['terms that trust nobody', ['error OPTIONS_INVALID'], [all], termsOf({ signers: {} })],
    [
      'terms of a tier that the policy lacks',
      ['error OPTIONS_INVALID'],
      [all],
      presentTerms([], { tier: 'staging' }),
    ],
  ],
}

const cases = Object.entries(table).flatMap(([expected, rows]) =>
  rows.map(([title, problems, steps, terms, at]) => ({ expected, title, problems, steps, terms, at })),
)

describe('createClassifier', () => {
  it.each(cases)('says $expected of: $title', async ({ expected, problems, steps, terms, at }) => {
    const scene = await lab.scene()
    for (const step of steps) await step(scene)
    const found = await scene.classify(terms, { now: at })
    expect({
      class: found.class,
      problems: found.problems.map(({ class: name, code }) =>
        code === undefined ? name : `${name} ${code}`,
      ),
    }).toEqual({ class: expected, problems })
  })

  it('has rows for every class', () => {
    expect(Object.keys(table).sort()).toEqual([...auditClasses].sort())
  })

  it('says what counts, by whom and since when, and what the decision says', async () => {
    const scene = await lab.scene()
    await scene.attachAll()
    await scene.sign({ by: signers.evidence })
    const { evidence, decision, evidenceManifests } = await scene.classify()
    expect(evidence.map(({ kind, verified, reason }) => [kind, verified, reason === undefined])).toEqual(
      expect.arrayContaining([
        ['signature', true, true],
        ['signature', true, false],
        ['sbom', true, true],
        ['provenance', true, true],
        ['decision', true, true],
      ]),
    )
    expect(decision).toEqual({
      verifier: gateId,
      resourceUri: decisionResource(scene.repository.name),
      levels: ['SALLYPORT_GATE_PROD'],
      at: decidedAt.toISOString(),
      policyDigest: presentPolicy.digest,
    })
    expect(evidenceManifests).toHaveLength(5)
    expect(evidenceManifests.every(isDigest)).toBe(true)
  })

  it('names where a decision is for when that is elsewhere', async () => {
    const scene = await lab.scene()
    await scene.decide({ parts: elsewhere })
    const { problems, decision } = await scene.classify()
    expect(problems.find((one) => one.class === 'decision-elsewhere')?.message).toContain('another')
    expect(decision?.resourceUri).toBe(elsewhere.resourceUri)
  })

  it('counts junk that was looked at as evidence of the image', async () => {
    const scene = await lab.scene()
    const planted = await scene.plant('junk')
    expect((await scene.classify()).evidenceManifests).toEqual([planted.descriptor.digest])
  })

  it('says that evidence may be beyond a limit', async () => {
    const scene = await lab.scene()
    await scene.plant('one')
    await scene.attachAll()
    const { class: name, problems } = await scene.classify(termsOf(), { limits: { maxCandidates: 0 } })
    expect([name, problems[0]?.code]).toEqual(['unverifiable', 'limit-exceeded'])
  })

  it.each<[string, AuditTerms, string[]]>([
    ['is judged anew and would pass', presentTerms(), ['error evidence-unread']],
    ['is judged anew and fails', presentTerms(['hello']), ['would-fail-today threshold-exceeded']],
    ['is not judged anew', termsOf(), []],
  ])('asks what evidence that was not read would say of an image that %s', async (_, terms, expected) => {
    for (const platforms of [undefined, ['linux/amd64', 'linux/arm64']]) {
      const scene = await lab.scene(platforms)
      await scene.attachAll()
      for (const child of scene.children) await scene.sbom({ to: child.descriptor })
      const last = scene.children.at(-1) ?? scene.image
      await scene.plant('x'.repeat(200_000), { to: last.descriptor })
      const { problems, judgement } = await scene.classify(terms, { limits: { maxBlobBytes: 100_000 } })
      expect(problems.map(({ class: name, code }) => `${name} ${code}`)).toEqual(expected)
      if (expected[0]?.startsWith('error')) expect(judgement?.verdict).toBe('error')
    }
  })

  it('says error when the registry gives no answer', async () => {
    const scene = await lab.scene()
    await scene.attachAll()
    const gone = lab.client.repository({ registry: '127.0.0.1:1', repository: 'team/app' })
    const { class: name, problems } = await scene.classify(termsOf(), { repository: gone })
    expect([name, problems[0]?.code]).toEqual(['error', 'REGISTRY_UNREACHABLE'])
  })

  it('rejects with the reason of an abort', async () => {
    const scene = await lab.scene()
    const reason = new Error('enough')
    const subject = { repository: scene.repository, raw: scene.image, terms: termsOf() }
    await expect(createClassifier()(subject, { now, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
