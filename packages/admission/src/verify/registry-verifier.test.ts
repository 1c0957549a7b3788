import { decisionLevel, parseTrustedRoot, predicateTypes } from '@sallyport/attest'
import { type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { toRawManifest } from '@sallyport/oci'
import { createImage, createImageIndex, type RequestHook } from '@sallyport/testkit'
import { createSigstore } from '@sallyport/testkit/sigstore'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RequireDocument } from '../policy/policy-document.ts'
import {
  builderId,
  decisionOf,
  decisionTerms,
  minute,
  present,
  type PromotedImages,
  provenanceOf,
  sbomOf,
  scanOf,
  startPromotedImages,
} from '../testing/promoted-images.fixture.ts'

const day = 24 * 60 * minute
const imageOf = (text: string) => createImage({ layers: [{ files: { '/app': text } }] })

let fault: RequestHook | undefined
let images: PromotedImages
beforeEach(async () => {
  fault = undefined
  images = await startPromotedImages((request) => fault?.(request))
})
afterEach(() => images[Symbol.asyncDispose]())

describe('a pass that is remembered', () => {
  const past = new Date(present.getTime() - 50 * minute)
  const maxAge = '1h'
  const decision = { ...decisionTerms.decision!, maxAge }
  const broken = decisionLevel('prod', { breakGlass: true })

  it.each<[string, RequireDocument, string, (digest: Digest) => ReturnType<typeof sbomOf>]>([
    [
      'decision',
      { decision },
      'decision-expired',
      (digest) => decisionOf(images.place, digest, { at: past }),
    ],
    [
      'decision by broken glass',
      { decision: { ...decision, breakGlass: 'accept' } },
      'decision-expired',
      (digest) => decisionOf(images.place, digest, { at: past, level: broken }),
    ],
    ['SBOM', { sbom: { by: 'key', maxAge } }, 'sbom-invalid', (digest) => sbomOf(digest, past)],
    [
      'provenance',
      { provenance: { builders: [{ id: builderId, by: 'key' }], maxAge } },
      'provenance-invalid',
      (digest) => provenanceOf(digest, past),
    ],
    [
      'attestation',
      { attestations: [{ predicateType: predicateTypes.vulns, by: 'key', maxAge }] },
      'verification-failed',
      (digest) => scanOf(digest, past),
    ],
  ])('ends with the age of its %s, however long passes live', async (_kind, terms, code, statementOf) => {
    const subject = await images.push(imageOf('aging'))
    await images.attach(subject, statementOf(subject.digest))
    await using admission = images.open(terms, { cache: { passTtlMs: 30 * day } })
    const reference = `${images.place}@${subject.digest}`
    const first = await admission.decideImage(reference)
    expect(first, JSON.stringify(first.reasons)).toMatchObject({ verdict: 'allow', cached: false })
    expect(first.evidence).toHaveLength(1)
    images.advance(10 * minute - 1)
    expect(await admission.decideImage(reference)).toMatchObject({ verdict: 'allow', cached: true })
    images.advance(2)
    expect(await admission.decideImage(reference)).toMatchObject({ verdict: 'deny', reasons: [{ code }] })
  })

  it('ends with the oldest of all that it rests on', async () => {
    const subject = await images.push(imageOf('both'))
    await images.attach(subject, decisionOf(images.place, subject.digest), sbomOf(subject.digest, past))
    await using admission = images.open(
      { decision, sbom: { by: 'key', maxAge } },
      { cache: { passTtlMs: 30 * day } },
    )
    const reference = `${images.place}@${subject.digest}`
    expect(await admission.decideImage(reference)).toMatchObject({ verdict: 'allow' })
    images.advance(10 * minute + 1)
    expect(await admission.decideImage(reference)).toMatchObject({ verdict: 'deny' })
  })
})

it('reads the manifest of what it judges once, whatever is asked of it', async () => {
  const index = createImageIndex({ 'linux/amd64': imageOf('one'), 'linux/arm64': imageOf('two') })
  const subject = await images.push(index)
  await images.attach(subject, decisionOf(images.place, subject.digest))
  for (const { descriptor } of index.children) await images.attach(descriptor, sbomOf(descriptor.digest))
  const asked: string[] = []
  fault = ({ kind, reference = '' }) => void (kind === 'manifest' && asked.push(reference))
  await using admission = images.open({ ...decisionTerms, sbom: { by: 'key' } })
  const decision = await admission.decideImage(`${images.place}@${subject.digest}`)
  expect(decision, JSON.stringify(decision.reasons)).toMatchObject({ verdict: 'allow' })
  expect(asked.filter((reference) => reference === subject.digest)).toHaveLength(1)
})

describe('what is wrong with content is refused, also where errors are let in', () => {
  const document = { onError: 'allow' } as const

  it('an index in an index, of which nobody would know what is revoked', async () => {
    const inner = createImageIndex({ 'linux/amd64': imageOf('inner') })
    const outer = createImageIndex({ 'linux/amd64': inner, 'linux/arm64': imageOf('outer') })
    const subject = await images.push(outer)
    await images.attach(subject, decisionOf(images.place, subject.digest))
    await using admission = images.open(decisionTerms, { document })
    expect(await admission.decideImage(`${images.place}:1`)).toMatchObject({
      verdict: 'deny',
      admitted: false,
      reasons: [{ code: 'image-invalid' }],
    })
  })

  it.each([
    ['an index of more platforms than are verified', 65],
    ['an index of nothing', 0],
  ])('%s', async (_title, count) => {
    const members = await Promise.all(
      Array.from({ length: count }, async (_, at) => ({
        ...(await images.push(imageOf(`member ${at}`), `m${at}`)),
        platform: { os: 'linux', architecture: 'amd64', variant: `v${at}` },
      })),
    )
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: members }
    await images.repository.putManifest(toRawManifest(Buffer.from(JSON.stringify(index))), { tag: 'all' })
    await using admission = images.open({ sbom: { by: 'key' } }, { document })
    expect(await admission.decideImage(`${images.place}:all`)).toMatchObject({
      verdict: 'deny',
      admitted: false,
    })
  })

  it('evidence whose blob is gone', async () => {
    const subject = await images.push(imageOf('gone'))
    await images.attach(subject, decisionOf(images.place, subject.digest))
    fault = ({ kind }) => (kind === 'blob' ? { type: 'respond', status: 404 } : undefined)
    await using admission = images.open(decisionTerms, { document })
    expect(await admission.decideImage(`${images.place}:1`)).toMatchObject({
      verdict: 'deny',
      admitted: false,
    })
  })
})

describe('a rule that only says from where', () => {
  const open = (place = images.place, options = {}) =>
    images.open(undefined, {
      document: { rules: [{ name: 'place', registries: [place] }] },
      ...options,
    })

  it('lets in what is there, by the digest that was read', async () => {
    const { digest } = await images.push(imageOf('plain'))
    await using admission = open()
    expect(await admission.decideImage(`${images.place}:1`)).toMatchObject({
      verdict: 'allow',
      digest,
      pinned: `${images.place}:1@${digest}`,
      evidence: [],
    })
  })

  it.each([
    ['of another place', ':1', 'elsewhere.example', 'registry-not-trusted'],
    ['that is not there', ':2', undefined, 'image-not-found'],
    ['whose digest is not there', `@sha256:${'a'.repeat(64)}`, undefined, 'image-not-found'],
  ])('refuses what is %s', async (_title, which, place, code) => {
    await images.push(imageOf('plain'))
    await using admission = open(place)
    expect(await admission.decideImage(`${images.place}${which}`)).toMatchObject({
      verdict: 'deny',
      admitted: false,
      reasons: [{ code }],
    })
  })

  it('refuses what is revoked, as itself or as a part of it', async () => {
    const index = createImageIndex({ 'linux/amd64': imageOf('one'), 'linux/arm64': imageOf('two') })
    const { digest } = await images.push(index)
    for (const revoked of [digest, ...index.children.map((child) => child.descriptor.digest)]) {
      const list = {
        source: 'test',
        version: revoked,
        revocations: [{ digest: revoked, reason: 'withdrawn' }],
      }
      await using admission = open(images.place, { revocations: { read: async () => list } })
      expect(await admission.decideImage(`${images.place}:1`)).toMatchObject({
        verdict: 'deny',
        reasons: [{ code: 'digest-revoked' }],
      })
    }
  })

  it('takes nothing from another rule', async () => {
    await images.push(imageOf('plain'))
    const rules = [
      { name: 'place', registries: [images.place] },
      { name: 'prod', require: decisionTerms },
    ]
    await using admission = images.open(undefined, { document: { rules } })
    expect(await admission.decideImage(`${images.place}:1`)).toMatchObject({
      verdict: 'deny',
      reasons: [{ code: 'decision-missing', rule: 'prod' }],
    })
  })
})

describe('certificate identities', () => {
  const sigstore = createSigstore({ clock: () => present.getTime() })
  const root = parseTrustedRoot(JSON.stringify(sigstore.trustedRoot))
  const issuer = 'https://oidc.sigstore.test'
  const signedBy = (email: string, payload: unknown, by = sigstore) =>
    by.sign(
      { payload: JSON.stringify(payload) },
      { certificate: { identity: { subject: { email }, issuer } } },
    ).bundle

  /** Attaches a bundle that this Sigstore made. */
  async function plant(bundle: unknown, subject: Awaited<ReturnType<PromotedImages['push']>>): Promise<void> {
    const put = async (text: string, mediaType: string) => {
      const content = Buffer.from(text)
      const descriptor = { mediaType, digest: digestOf(content), size: content.byteLength }
      await images.repository.write(
        descriptor,
        (async function* () {
          yield content
        })(),
      )
      return descriptor
    }
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json'
    const config = await put('{}', mediaTypes.ociEmpty)
    const layers = [await put(JSON.stringify(bundle), type)]
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: type,
      config,
      layers,
      subject,
      annotations: { 'dev.sigstore.bundle.predicateType': predicateTypes.vsa },
    }
    await images.repository.putManifest(toRawManifest(Buffer.from(JSON.stringify(manifest))))
  }

  it.each([
    ['the identity that the policy names', 'gate@corp.example', 'gate@corp.example', sigstore, 'allow'],
    ['one that a pattern fits', 'gate@corp.example', { pattern: '.*@corp\\.example' }, sigstore, 'allow'],
    ['another identity', 'eve@corp.example', 'gate@corp.example', sigstore, 'deny'],
    [
      'one that a pattern fits in part only',
      'gate@corp.example.evil.example',
      { pattern: '.*@corp\\.example' },
      sigstore,
      'deny',
    ],
    [
      'the identity, by authorities that nobody trusts',
      'gate@corp.example',
      'gate@corp.example',
      createSigstore({ clock: () => present.getTime() }),
      'deny',
    ],
  ] as const)('%s', async (_title, who, subjectOfPolicy, by, verdict) => {
    const subject = await images.push(imageOf('keyless'))
    await plant(signedBy(who, decisionOf(images.place, subject.digest), by), subject)
    const signers = { key: { identities: [{ issuer, subject: subjectOfPolicy }] } }
    await using admission = images.open(decisionTerms, { root, document: { signers } })
    const decision = await admission.decideImage(`${images.place}:1`)
    expect(decision.verdict, JSON.stringify(decision.reasons)).toBe(verdict)
    expect(decision.evidence.map(({ signer }) => signer)).toEqual(
      verdict === 'allow' ? [`${who} (${issuer})`] : [],
    )
    if (verdict === 'deny')
      expect(decision.reasons[0]?.code).toBe(by === sigstore ? 'signer-not-accepted' : 'decision-invalid')
  })

  it('without a trusted root nothing is allowed', async () => {
    const subject = await images.push(imageOf('rootless'))
    await plant(signedBy('gate@corp.example', decisionOf(images.place, subject.digest)), subject)
    const signers = { key: { identities: [{ issuer, subject: 'gate@corp.example' }] } }
    await using admission = images.open(decisionTerms, { document: { signers } })
    expect(await admission.decideImage(`${images.place}:1`)).toMatchObject({
      verdict: 'error',
      admitted: false,
    })
  })
})
