import { generateKeyPairSync } from 'node:crypto'
import type { Digest } from '@sallyport/core'
import { createSigstore, type Sigstore, type SignBundleOptions } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { attachSignature } from '../storage/attach.ts'
import { createTestSigner, summaryOf } from '../testing/gate-signers.ts'
import { plant, type SampleRepository, startSampleRepository } from '../testing/sample-repository.ts'
import { parseTrustedRoot } from '../trust/trusted-root.ts'
import type { Requirement } from './requirement.ts'
import { createVerificationCache } from './verification-cache.ts'
import { verifyImage, type VerifyImageOptions } from './verify-image.ts'

const signedAt = new Date('2026-01-02T03:04:05Z')
const sigstore = createSigstore({ clock: () => signedAt.getTime() })
const root = parseTrustedRoot(JSON.stringify(sigstore.trustedRoot))
const issuer = 'https://oidc.sigstore.test'
const alice = { issuer, subject: 'alice@corp.example' }
const bob = { issuer, subject: 'bob@corp.example' }
const anybody = { issuer, subject: { pattern: '.*@corp\\.example' } }
const clock = { now: () => new Date(signedAt.getTime() + 3_600_000) }

const signatureOf = (digest: Digest): Statement =>
  createStatement([{ digest }], predicateTypes.cosignSign, {})

/** Attaches what somebody signed with a certificate. */
async function sign(
  { repository, subject }: SampleRepository,
  who: { readonly issuer: string; readonly subject: string },
  { by = sigstore, statement, ...options }: SignBundleOptions & { by?: Sigstore; statement?: Statement } = {},
): Promise<void> {
  const payload = JSON.stringify(statement ?? signatureOf(subject.digest))
  const { bundle } = by.sign(
    { payload },
    { certificate: { identity: { subject: { email: who.subject }, issuer: who.issuer } }, ...options },
  )
  await plant(repository, {
    subject,
    artifactType: wireFormat.bundle,
    layers: [{ mediaType: wireFormat.bundle, bytes: Buffer.from(JSON.stringify(bundle)) }],
  })
}

const verify = (
  { repository, subject }: SampleRepository,
  requirement: Requirement,
  options: Partial<VerifyImageOptions> = {},
) => verifyImage(repository, subject.digest, { requirements: [requirement], root, clock, ...options })

describe('verifyImage with certificates', () => {
  it.each<[string, Requirement, string, string | undefined]>([
    ['the exact identity', { kind: 'signature', by: { identities: [alice] } }, 'pass', undefined],
    ['a pattern', { kind: 'signature', by: { identities: [anybody] } }, 'pass', undefined],
    [
      'a pattern that fits only a part',
      { kind: 'signature', by: { identities: [{ issuer, subject: { pattern: 'alice' } }] } },
      'fail',
      'signer-not-accepted',
    ],
    [
      'an exact subject that would fit as a pattern',
      { kind: 'signature', by: { identities: [{ issuer, subject: '.*' }] } },
      'fail',
      'signer-not-accepted',
    ],
    ['another identity', { kind: 'signature', by: { identities: [bob] } }, 'fail', 'signer-not-accepted'],
    [
      'the same subject of another issuer',
      { kind: 'signature', by: { identities: [{ ...alice, issuer: 'https://other.example' }] } },
      'fail',
      'signer-not-accepted',
    ],
    [
      'a claim that the certificate has not',
      { kind: 'signature', by: { identities: [{ ...alice, claims: { sourceRepositoryURI: 'x' } }] } },
      'fail',
      'signer-not-accepted',
    ],
    [
      'a signature that is young enough by its verified time',
      { kind: 'signature', by: { identities: [alice] }, maxAgeMs: 3_600_000 },
      'pass',
      undefined,
    ],
    [
      'a signature that is too old by its verified time',
      { kind: 'signature', by: { identities: [alice] }, maxAgeMs: 3_599_999 },
      'fail',
      'too-old',
    ],
  ])('asked for %s', async (_, requirement, expected, code) => {
    await using sample = await startSampleRepository()
    await sign(sample, alice)
    const verdict = await verify(sample, requirement)
    expect(verdict.verdict).toBe(expected)
    expect(verdict.requirements[0]?.candidates[0]?.code).toBe(code)
  })

  it.each<[string, Parameters<typeof sign>[2], string]>([
    ['of another Sigstore', { by: createSigstore({ clock: () => signedAt.getTime() }) }, 'log-invalid'],
    ['in no log', { rekor: [] }, 'log-invalid'],
    ['without a time', { timestamps: [] }, 'timestamp-invalid'],
    [
      'after its certificate',
      { timestamps: [new Date(signedAt.getTime() + 7_200_000)] },
      'certificate-invalid',
    ],
  ])('does not count a signature %s', async (_, options, code) => {
    await using sample = await startSampleRepository()
    await sign(sample, alice, options)
    const verdict = await verify(sample, { kind: 'signature', by: { identities: [alice] } })
    expect(verdict).toMatchObject({ verdict: 'fail', allow: false })
    expect([verdict.requirements[0]?.candidates[0]?.code]).toEqual([code])
  })

  it('counts different identities, and each once', async () => {
    await using sample = await startSampleRepository()
    const two: Requirement = { kind: 'signature', by: { identities: [alice, anybody] }, threshold: 2 }
    await sign(sample, alice)
    await sign(sample, alice)
    expect(await verify(sample, two)).toMatchObject({ verdict: 'fail' })
    await sign(sample, bob)
    expect(await verify(sample, two)).toMatchObject({ verdict: 'pass' })
  })

  it('counts a key and an identity together', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject, reference } = sample
    const signer = createTestSigner()
    const requirement: Requirement = {
      kind: 'signature',
      by: { keys: [signer.publicKey], identities: [alice] },
      threshold: 2,
    }
    await sign(sample, alice)
    expect(await verify(sample, requirement)).toMatchObject({ verdict: 'fail' })
    await attachSignature(repository, subject, signer, { createdAt: signedAt, settleMs: 0, reference })
    expect(await verify(sample, requirement)).toMatchObject({ verdict: 'pass' })
  })

  it('takes no summary of a verifier whose id another identity may not use', async () => {
    await using sample = await startSampleRepository()
    const requirement: Requirement = {
      kind: 'vsa',
      resourceUri: 'pkg:oci/app?repository_url=prod.example/team/app',
      verifiers: [
        { id: 'https://gate.example/prod', by: { identities: [alice] } },
        { id: 'https://gate.example/staging', by: { identities: [bob] } },
      ],
    }
    await sign(sample, bob, { statement: summaryOf(sample.subject.digest) })
    const refused = await verify(sample, requirement)
    expect(refused).toMatchObject({
      verdict: 'fail',
      requirements: [{ candidates: [{ code: 'verifier-mismatch' }] }],
    })
    await sign(sample, alice, { statement: summaryOf(sample.subject.digest) })
    expect(await verify(sample, requirement)).toMatchObject({ verdict: 'pass' })
  })

  it('remembers a signature with all that was verified, times included', async () => {
    await using sample = await startSampleRepository()
    await sign(sample, alice)
    const cache = createVerificationCache()
    const requirement: Requirement = { kind: 'signature', by: { identities: [alice] }, maxAgeMs: 3_600_000 }
    const first = await verify(sample, requirement, { cache })
    sample.registry.clearRequests()
    const second = await verify(sample, requirement, { cache })
    expect(sample.registry.requests.filter(({ kind }) => kind === 'blob')).toEqual([])
    expect(second).toEqual(first)
    expect(second.requirements[0]?.evidence[0]?.times).toEqual([
      { source: 'timestamp-authority', time: signedAt },
    ])
    const late = { now: () => new Date(signedAt.getTime() + 3_600_001) }
    expect(await verify(sample, requirement, { cache, clock: late })).toMatchObject({ verdict: 'fail' })
  })

  it('does not remember for one root what another vouches for', async () => {
    await using sample = await startSampleRepository()
    await sign(sample, alice)
    const cache = createVerificationCache()
    const requirement: Requirement = { kind: 'signature', by: { identities: [alice] } }
    expect(await verify(sample, requirement, { cache })).toMatchObject({ verdict: 'pass' })
    const other = parseTrustedRoot(
      JSON.stringify(createSigstore({ clock: () => signedAt.getTime() }).trustedRoot),
    )
    expect(await verify(sample, requirement, { cache, root: other })).toMatchObject({ verdict: 'fail' })
    expect(await verify(sample, requirement, { cache, thresholds: { log: 2 } })).toMatchObject({
      verdict: 'fail',
    })
  })

  it('judges a log entry that names no time by the validity of its log now, from the cache too', async () => {
    await using sample = await startSampleRepository()
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await sign(sample, alice, { key: privateKey, certificate: 'none', rekor: [2], timestamps: [] })
    const keys = [publicKey.export({ type: 'spki', format: 'pem' }).toString()]
    const end = clock.now()
    const tlogs = sigstore.trustedRoot.tlogs.map((log) => ({
      ...log,
      publicKey: { ...log.publicKey, validFor: { ...log.publicKey.validFor, end: end.toISOString() } },
    }))
    const ending = parseTrustedRoot(JSON.stringify({ ...sigstore.trustedRoot, tlogs }))
    const options = { root: ending, thresholds: { log: 1 }, cache: createVerificationCache() }
    const requirement: Requirement = { kind: 'signature', by: { keys } }
    expect(await verify(sample, requirement, options)).toMatchObject({ verdict: 'pass' })
    const late = { now: () => new Date(end.getTime() + 1) }
    expect(await verify(sample, requirement, { ...options, clock: late })).toMatchObject({ verdict: 'fail' })
  })
})
