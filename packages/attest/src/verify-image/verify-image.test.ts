import type { Digest } from '@sallyport/core'
import { faultOn, registryFaults } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'
import type { StorageMode } from '../storage/attach-options.ts'
import { attachAttestation, attachSignature } from '../storage/attach.ts'
import { wireFormat } from '../storage/wire-format.ts'
import {
  createTestSigner,
  provenanceOf,
  sbomOf,
  summaryOf,
  type TestSigner,
} from '../testing/gate-signers.ts'
import { plant, type SampleRepository, startSampleRepository } from '../testing/sample-repository.ts'
import type { Requirement, VsaRequirement } from './requirement.ts'
import { verifyImage, type VerifyImageOptions } from './verify-image.ts'

const release = createTestSigner()
const evidence = createTestSigner()
const stranger = createTestSigner()
const now = new Date('2026-01-02T04:00:00Z')
const clock = { now: () => now }
const byRelease = { keys: [release.publicKey] }
const byEvidence = { keys: [evidence.publicKey] }
const resourceUri = 'pkg:oci/app?repository_url=prod.example/team/app'
const verifiers = [{ id: 'https://gate.example/prod', by: byRelease }]
const gatePassed: VsaRequirement = { kind: 'vsa', verifiers, resourceUri, minimumLevels: ['GATE_PROD'] }
const scanType = predicateTypes.vulns
const scan = (digest: Digest, finishedOn = '2026-01-02T03:00:00Z'): Statement =>
  createStatement([{ digest }], scanType, {
    scanner: { uri: 'pkg:generic/scanner', result: [] },
    metadata: { scanStartedOn: finishedOn, scanFinishedOn: finishedOn },
  })

const attachOptions = { createdAt: new Date('2026-01-02T03:04:05Z'), settleMs: 0 }

async function sign(sample: SampleRepository, signer: TestSigner, mode?: StorageMode): Promise<void> {
  const { repository, subject, reference } = sample
  await attachSignature(repository, subject, signer, { ...attachOptions, mode, reference })
}

async function attest(
  { repository, subject }: SampleRepository,
  statement: Statement,
  signer: TestSigner,
  mode?: StorageMode,
): Promise<void> {
  await attachAttestation(repository, subject, statement, signer, { ...attachOptions, mode })
}

const verify = (
  { repository, subject }: SampleRepository,
  requirement: Requirement | readonly Requirement[],
  options: Partial<VerifyImageOptions> = {},
) =>
  verifyImage(repository, subject.digest, {
    requirements: Array.isArray(requirement)
      ? (requirement as readonly Requirement[])
      : [requirement as Requirement],
    clock,
    ...options,
  })

/** The codes of candidates that don't count for the first requirement. */
const codesOf = (verdict: Awaited<ReturnType<typeof verify>>): string[] =>
  [...new Set(verdict.requirements[0]?.candidates.map(({ code }) => code))].toSorted()

describe('verifyImage', () => {
  it.each<StorageMode>(['bundle', 'legacy', 'both'])(
    'passes a signed and attested image stored as %s, and names what satisfied it',
    async (mode) => {
      await using sample = await startSampleRepository()
      await sign(sample, release, mode)
      await attest(sample, scan(sample.subject.digest), evidence, mode)
      const verdict = await verify(sample, [
        { kind: 'signature', by: byRelease },
        { kind: 'attestation', predicateType: scanType, by: byEvidence, maxAgeMs: 3_600_000 },
      ])
      expect(verdict).toMatchObject({
        verdict: 'pass',
        allow: true,
        digest: sample.subject.digest,
        subjects: [{ digest: sample.subject.digest, verdict: 'pass' }],
        requirements: [
          { name: 'image signature', satisfied: true },
          { name: `attestation ${scanType}`, satisfied: true },
        ],
      })
      for (const [index, signer] of [release, evidence].entries()) {
        const [first] = verdict.requirements[index]?.evidence ?? []
        expect(first?.signer).toEqual({ kind: 'key', keyId: signer.keyId })
        expect(sample.registry.snapshot()['team/app']?.blobs).toContain(first?.blob)
      }
    },
  )

  it('resolves a tag once', async () => {
    await using sample = await startSampleRepository()
    await sign(sample, release)
    sample.registry.clearRequests()
    const { repository } = sample
    const verdict = await verifyImage(repository, '1', {
      requirements: [{ kind: 'signature', by: byRelease }],
    })
    expect(verdict).toMatchObject({ verdict: 'pass', reference: '1', digest: sample.subject.digest })
    expect(sample.registry.requests.filter(({ path }) => path.endsWith('/manifests/1'))).toHaveLength(1)
  })

  it('says which stores were looked at when there is nothing', async () => {
    await using sample = await startSampleRepository()
    const verdict = await verify(sample, { kind: 'signature', by: byRelease })
    expect(verdict).toMatchObject({ verdict: 'fail', allow: false })
    expect(verdict.stores.map(({ store }) => store)).toEqual([
      'bundle',
      'legacy-signature',
      'artifact-signature',
    ])
    expect(verdict.requirements[0]?.message).toMatch(/nothing was found in bundle, legacy-signature/)
  })

  describe('is never satisfied by', () => {
    const signature: Requirement = { kind: 'signature', by: byRelease }
    const cases: {
      what: string
      requirement: Requirement
      code: string
      prepare: (sample: SampleRepository) => Promise<void>
    }[] = [
      {
        what: 'an attestation by the right key where a signature is needed',
        requirement: signature,
        code: 'predicate-type-mismatch',
        prepare: (sample) => attest(sample, scan(sample.subject.digest), release, 'bundle'),
      },
      {
        what: 'a signature by the right key where an attestation is needed',
        requirement: { kind: 'attestation', predicateType: scanType, by: byRelease },
        code: 'predicate-type-mismatch',
        prepare: (sample) => sign(sample, release, 'bundle'),
      },
      {
        what: 'an attestation of another type',
        requirement: { kind: 'attestation', predicateType: scanType, by: byRelease },
        code: 'predicate-type-mismatch',
        prepare: (sample) => attest(sample, sbomOf(sample.subject.digest), release),
      },
      {
        what: 'a bundle whose annotation lies about its type',
        requirement: { kind: 'attestation', predicateType: scanType, by: byRelease },
        code: 'predicate-type-mismatch',
        prepare: async ({ repository, subject }) => {
          const { bundle } = await signStatement(sbomOf(subject.digest), release)
          await plant(repository, {
            subject,
            artifactType: wireFormat.bundle,
            annotations: { [wireFormat.annotations.bundlePredicateType]: scanType },
            layers: [{ mediaType: wireFormat.bundle, bytes: bundle }],
          })
        },
      },
      {
        what: 'a statement about another image',
        requirement: { kind: 'attestation', predicateType: scanType, by: byRelease },
        code: 'subject-mismatch',
        prepare: async ({ repository, subject }) => {
          const { bundle } = await signStatement(scan(`sha256:${'0'.repeat(64)}`), release)
          await plant(repository, {
            subject,
            artifactType: wireFormat.bundle,
            layers: [{ mediaType: wireFormat.bundle, bytes: bundle }],
          })
        },
      },
      {
        what: 'a signature by a key that is nobody’s',
        requirement: signature,
        code: 'key-unknown',
        prepare: (sample) => sign(sample, stranger, 'bundle'),
      },
      {
        what: 'a summary that failed',
        requirement: gatePassed,
        code: 'result-failed',
        prepare: (sample) =>
          attest(sample, summaryOf(sample.subject.digest, { result: 'FAILED', verifiedLevels: [] }), release),
      },
      {
        what: 'a summary for another repository',
        requirement: gatePassed,
        code: 'resource-mismatch',
        prepare: (sample) =>
          attest(
            sample,
            summaryOf(sample.subject.digest, {
              resourceUri: 'pkg:oci/app?repository_url=staging.example/team/app',
            }),
            release,
          ),
      },
      {
        what: 'a summary by the gate of another tier with the key of this one',
        requirement: gatePassed,
        code: 'verifier-mismatch',
        prepare: (sample) =>
          attest(
            sample,
            summaryOf(sample.subject.digest, { verifier: { id: 'https://gate.example/staging' } }),
            release,
          ),
      },
      {
        what: 'a summary without the level',
        requirement: gatePassed,
        code: 'level-missing',
        prepare: (sample) =>
          attest(sample, summaryOf(sample.subject.digest, { verifiedLevels: ['GATE_STAGING'] }), release),
      },
      {
        what: 'a stale summary',
        requirement: { ...gatePassed, maxAgeMs: 60_000 },
        code: 'too-old',
        prepare: (sample) => attest(sample, summaryOf(sample.subject.digest), release),
      },
      {
        what: 'a summary of tomorrow',
        requirement: gatePassed,
        code: 'from-the-future',
        prepare: (sample) =>
          attest(
            sample,
            summaryOf(sample.subject.digest, { timeVerified: new Date('2026-01-03T04:00:00Z') }),
            release,
          ),
      },
      {
        what: 'a stale scan',
        requirement: { kind: 'attestation', predicateType: scanType, by: byRelease, maxAgeMs: 1000 },
        code: 'too-old',
        prepare: (sample) => attest(sample, scan(sample.subject.digest), release),
      },
      {
        what: 'a signature of unknown age where there is a limit',
        requirement: { ...signature, maxAgeMs: 1000 },
        code: 'age-unknown',
        prepare: (sample) => sign(sample, release),
      },
      {
        what: 'a key outside of its time',
        requirement: {
          kind: 'signature',
          by: { keys: [{ pem: release.publicKey, validFor: { end: new Date('2026-01-01T00:00:00Z') } }] },
        },
        code: 'key-not-valid',
        prepare: (sample) => sign(sample, release),
      },
      {
        what: 'a predicate of which a condition is not true',
        requirement: {
          kind: 'attestation',
          predicateType: scanType,
          by: byRelease,
          conditions: [{ path: '/scanner/uri', equals: 'pkg:generic/other' }],
        },
        code: 'condition-failed',
        prepare: (sample) => attest(sample, scan(sample.subject.digest), release),
      },
      {
        what: 'a provenance of a builder that is not trusted so far',
        requirement: {
          kind: 'provenance',
          minimumLevel: 3,
          builders: [
            { id: 'https://builder.example/v1', by: byEvidence, level: 2 },
            { id: 'https://builder.example/v2', by: byEvidence, level: 3 },
          ],
        },
        code: 'level-too-low',
        prepare: (sample) => attest(sample, provenanceOf(sample.subject.digest), evidence),
      },
      {
        what: 'a provenance of one builder by the key of another',
        requirement: {
          kind: 'provenance',
          builders: [
            { id: 'https://builder.example/v1', by: byRelease, level: 3 },
            { id: 'https://builder.example/v2', by: byEvidence, level: 3 },
          ],
        },
        code: 'signer-mismatch',
        prepare: (sample) => attest(sample, provenanceOf(sample.subject.digest), evidence),
      },
      {
        what: 'a provenance of another source',
        requirement: {
          kind: 'provenance',
          source: { uri: 'github.com/team/other' },
          builders: [{ id: 'https://builder.example/v1', by: byEvidence }],
        },
        code: 'source-mismatch',
        prepare: (sample) => attest(sample, provenanceOf(sample.subject.digest), evidence),
      },
      {
        what: 'an SBOM of another image',
        requirement: { kind: 'sbom', by: byEvidence },
        code: 'subject-mismatch',
        prepare: (sample) =>
          attest(sample, sbomOf(sample.subject.digest, { describes: `sha256:${'3'.repeat(64)}` }), evidence),
      },
      {
        what: 'an SBOM that hides a package',
        requirement: {
          kind: 'sbom',
          by: byEvidence,
          inventory: ['pkg:deb/debian/bash@5.2', 'pkg:deb/debian/openssl@3.0'],
        },
        code: 'packages-differ',
        prepare: (sample) => attest(sample, sbomOf(sample.subject.digest), evidence),
      },
      {
        what: 'a signature that names another repository',
        requirement: { ...signature, expectReference: 'prod.example/team/app' },
        code: 'reference-mismatch',
        prepare: (sample) => sign(sample, release, 'legacy'),
      },
      {
        what: 'a signature without the annotation',
        requirement: { ...signature, annotations: { tier: 'prod' } },
        code: 'annotation-mismatch',
        prepare: (sample) => sign(sample, release),
      },
    ]

    it.each(cases)('$what', async ({ requirement, code, prepare }) => {
      await using sample = await startSampleRepository()
      await prepare(sample)
      const verdict = await verify(sample, requirement)
      expect(codesOf(verdict)).toContain(code)
      expect(verdict).toMatchObject({
        verdict: 'fail',
        allow: false,
        requirements: [{ satisfied: false, evidence: [] }],
      })
    })

    it('a signature statement under the .att tag', async () => {
      await using sample = await startSampleRepository()
      const statement = createStatement([{ digest: sample.subject.digest }], predicateTypes.cosignSign, {})
      await attest(sample, statement, release, 'legacy')
      const verdict = await verify(sample, [signature, gatePassed])
      expect(verdict.verdict).toBe('fail')
      expect(codesOf(verdict)).toEqual(['predicate-type-mismatch'])
    })

    it('what another requirement asks for, though the key is right for both', async () => {
      await using sample = await startSampleRepository()
      await attest(sample, scan(sample.subject.digest), release)
      const scanned: Requirement = { kind: 'attestation', predicateType: scanType, by: byRelease }
      const others: Requirement[] = [
        signature,
        { kind: 'attestation', predicateType: predicateTypes.openvex, by: byRelease },
        { kind: 'sbom', by: byRelease },
        { kind: 'provenance', builders: [{ id: 'https://builder.example/v1', by: byRelease }] },
        gatePassed,
      ]
      // All at once, so that nothing stops before the last of them is asked.
      const verdict = await verify(sample, [scanned, ...others])
      expect(verdict).toMatchObject({ verdict: 'fail', allow: false })
      expect(verdict.requirements.map(({ satisfied }) => satisfied)).toEqual([
        true,
        ...others.map(() => false),
      ])
    })

    it('a summary by the evidence key instead of the release key', async () => {
      await using sample = await startSampleRepository()
      await attest(sample, summaryOf(sample.subject.digest), evidence)
      const verdict = await verify(sample, [
        gatePassed,
        { kind: 'attestation', predicateType: scanType, by: byEvidence },
      ])
      expect(verdict.verdict).toBe('fail')
      expect(codesOf(verdict)).toEqual(['signer-not-accepted'])
      expect(verdict.requirements[0]?.candidates[0]?.signer).toEqual({ kind: 'key', keyId: evidence.keyId })
    })
  })

  it('passes a summary, a provenance and an SBOM that fit', async () => {
    await using sample = await startSampleRepository()
    const { digest } = sample.subject
    await attest(sample, summaryOf(digest), release)
    await attest(sample, provenanceOf(digest), evidence)
    await attest(sample, sbomOf(digest), evidence)
    const asked: Digest[] = []
    const verdict = await verify(sample, [
      { ...gatePassed, minimumLevels: ['SLSA_BUILD_LEVEL_1', 'GATE_PROD'], maxAgeMs: 7_200_000 },
      {
        kind: 'provenance',
        minimumLevel: 2,
        source: { uri: 'https://github.com/team/app', branch: 'main' },
        builders: [{ id: 'https://builder.example/v1', by: byEvidence, level: 2 }],
      },
      {
        kind: 'sbom',
        by: byEvidence,
        inventory: async (image) => {
          asked.push(image)
          return ['pkg:deb/debian/bash@5.2']
        },
      },
    ])
    expect(verdict.requirements.map(({ satisfied, message }) => satisfied || message)).toEqual([
      true,
      true,
      true,
    ])
    expect(verdict.verdict).toBe('pass')
    expect(asked).toEqual([digest])
  })

  it('binds a signature to a repository by what simple signing names', async () => {
    await using sample = await startSampleRepository()
    await sign(sample, release)
    const verdict = await verify(sample, {
      kind: 'signature',
      by: byRelease,
      expectReference: sample.reference,
    })
    expect(verdict).toMatchObject({
      verdict: 'pass',
      requirements: [{ evidence: [{ store: 'legacy-signature' }] }],
    })
  })

  describe('with a threshold', () => {
    const two: Requirement = {
      kind: 'signature',
      by: { keys: [release.publicKey, evidence.publicKey, stranger.publicKey] },
      threshold: 2,
    }

    it('counts one signer once, though it signed in two stores', async () => {
      await using sample = await startSampleRepository()
      await sign(sample, release, 'both')
      const verdict = await verify(sample, two)
      expect(verdict.verdict).toBe('fail')
      expect(verdict.requirements[0]?.evidence).toHaveLength(2)
      expect(verdict.requirements[0]?.message).toMatch(/^needs 2 different of .*; so far 1: key /)
    })

    it('is satisfied by two signers in different stores', async () => {
      await using sample = await startSampleRepository()
      await sign(sample, release, 'legacy')
      await sign(sample, stranger, 'bundle')
      expect(await verify(sample, two)).toMatchObject({ verdict: 'pass' })
    })
  })

  describe('with requirements of requirements', () => {
    const signature: Requirement = { kind: 'signature', by: byRelease }
    const scanned: Requirement = { kind: 'attestation', predicateType: scanType, by: byEvidence }
    it.each<[string, Requirement, string]>([
      ['all of which one is missing', { kind: 'allOf', requirements: [signature, scanned] }, 'fail'],
      ['any of which one is there', { kind: 'anyOf', requirements: [scanned, signature] }, 'pass'],
      ['two of three', { kind: 'atLeast', count: 2, requirements: [signature, scanned, gatePassed] }, 'fail'],
      [
        'two of three, one of them a group',
        {
          kind: 'atLeast',
          count: 2,
          requirements: [signature, scanned, { kind: 'anyOf', requirements: [gatePassed, signature] }],
        },
        'pass',
      ],
    ])('judges %s', async (_, requirement, expected) => {
      await using sample = await startSampleRepository()
      await sign(sample, release)
      const verdict = await verify(sample, requirement)
      expect(verdict.verdict).toBe(expected)
      expect(verdict.requirements[0]?.parts).toHaveLength(
        'requirements' in requirement ? requirement.requirements.length : 0,
      )
    })
  })

  describe('when it can’t be judged', () => {
    it.each<[string, Parameters<typeof faultOn>[0], string]>([
      ['the manifest can’t be read', { kind: 'manifest' }, 'REGISTRY_ERROR'],
      ['the referrers can’t be listed', { kind: 'referrers' }, 'REGISTRY_ERROR'],
      ['a candidate’s blob can’t be read', { kind: 'blob' }, 'REGISTRY_ERROR'],
    ])('is an error when %s', async (_, match, code) => {
      await using sample = await startSampleRepository()
      await sign(sample, release, 'bundle')
      sample.registry.setRequestHook(faultOn(match, registryFaults.serverError()))
      const verdict = await verify(sample, { kind: 'signature', by: byRelease })
      expect(verdict).toMatchObject({ verdict: 'error', allow: false, error: { code } })
    })

    it('is an error when the image is not there', async () => {
      await using sample = await startSampleRepository()
      const verdict = await verifyImage(sample.repository, 'none', {
        requirements: [{ kind: 'signature', by: byRelease }],
      })
      expect(verdict).toMatchObject({ verdict: 'error', allow: false, error: { code: 'MANIFEST_NOT_FOUND' } })
    })

    it('still passes when enough was found elsewhere', async () => {
      await using sample = await startSampleRepository()
      await sign(sample, release, 'legacy')
      sample.registry.setRequestHook(faultOn({ kind: 'referrers' }, registryFaults.serverError()))
      expect(await verify(sample, { kind: 'signature', by: byRelease })).toMatchObject({ verdict: 'pass' })
    })

    it('is an error when a condition throws, and a pass when other evidence does', async () => {
      await using sample = await startSampleRepository()
      await attest(sample, scan(sample.subject.digest), release)
      const requirement: Requirement = {
        kind: 'attestation',
        predicateType: scanType,
        by: byRelease,
        where: (predicate) => {
          const { scanFinishedOn } = (predicate as { metadata: { scanFinishedOn: string } }).metadata
          if (scanFinishedOn < '2026-01-02T03:30:00Z') throw new Error('not like this')
          return true
        },
      }
      const verdict = await verify(sample, requirement)
      expect(verdict).toMatchObject({ verdict: 'error', error: { code: 'condition-threw' } })
      await attest(sample, scan(sample.subject.digest, '2026-01-02T03:45:00Z'), release)
      expect(await verify(sample, requirement)).toMatchObject({ verdict: 'pass' })
    })

    it('rejects with the reason of the caller who gives up', async () => {
      await using sample = await startSampleRepository()
      const reason = new Error('enough')
      await expect(
        verify(sample, { kind: 'signature', by: byRelease }, { signal: AbortSignal.abort(reason) }),
      ).rejects.toBe(reason)
    })
  })

  describe('among junk', () => {
    it('finds the good signature, and says that there is much junk', async () => {
      await using sample = await startSampleRepository()
      const { repository, subject } = sample
      for (let index = 0; index < 24; index++) {
        await plant(repository, {
          subject,
          artifactType: wireFormat.bundle,
          annotations: { [wireFormat.annotations.bundlePredicateType]: predicateTypes.cosignSign },
          layers: [{ mediaType: wireFormat.bundle, bytes: Buffer.from(`{"junk":${index}}`) }],
        })
      }
      const before = await verify(sample, { kind: 'signature', by: byRelease })
      expect(before).toMatchObject({ verdict: 'fail', warnings: [{ code: 'junk-evidence' }] })
      expect(before.requirements[0]).toMatchObject({ omitted: { 'bundle-invalid': 4 } })
      expect(before.requirements[0]?.candidates).toHaveLength(20)
      await sign(sample, release, 'bundle')
      expect(await verify(sample, { kind: 'signature', by: byRelease })).toMatchObject({ verdict: 'pass' })
    })

    it('says when a limit kept it from looking at everything', async () => {
      await using sample = await startSampleRepository()
      await sign(sample, stranger, 'bundle')
      await sign(sample, evidence, 'bundle')
      const verdict = await verify(
        sample,
        { kind: 'signature', by: byRelease },
        { limits: { maxCandidates: 1 } },
      )
      expect(verdict).toMatchObject({ verdict: 'fail', warnings: [{ code: 'limit-exceeded' }] })
    })

    it('waits for nothing more once all is satisfied', async () => {
      await using sample = await startSampleRepository()
      const { registry, repository, subject } = sample
      const stuck = new Set<string | undefined>()
      for (let second = 10; second < 14; second++) {
        const statement = scan(subject.digest, `2026-01-02T03:00:${second}Z`)
        const { pieces } = await attachAttestation(repository, subject, statement, evidence, {
          ...attachOptions,
          mode: 'bundle',
        })
        stuck.add(pieces[0]?.manifest)
      }
      await sign(sample, release, 'bundle')
      const { promise: answer, resolve: giveUp } = Promise.withResolvers<undefined>()
      registry.setRequestHook(({ reference }) => (stuck.has(reference) ? answer : undefined))
      expect(await verify(sample, { kind: 'signature', by: byRelease })).toMatchObject({ verdict: 'pass' })
      giveUp(undefined)
    })
  })

  it('looks into another repository for evidence', async () => {
    await using sample = await startSampleRepository()
    await using elsewhere = await startSampleRepository()
    const { subject, reference } = sample
    await attachSignature(elsewhere.repository, subject, release, { ...attachOptions, reference })
    const requirement: Requirement = { kind: 'signature', by: byRelease }
    expect(await verify(sample, requirement)).toMatchObject({ verdict: 'fail' })
    const options = { evidenceRepository: elsewhere.repository }
    expect(await verify(sample, requirement, options)).toMatchObject({
      verdict: 'pass',
      requirements: [{ evidence: [{ repository: elsewhere.repository.name }] }],
    })
  })

  it('warns when a bundle hides from cosign 3 what is only under a tag', async () => {
    await using sample = await startSampleRepository()
    await sign(sample, release, 'legacy')
    expect(await verify(sample, { kind: 'signature', by: byRelease })).toMatchObject({
      verdict: 'pass',
      warnings: [],
    })
    await attest(sample, scan(sample.subject.digest), evidence, 'bundle')
    expect(await verify(sample, { kind: 'signature', by: byRelease })).toMatchObject({
      verdict: 'pass',
      warnings: [{ code: 'bundles-hide-signatures' }],
    })
  })
})
