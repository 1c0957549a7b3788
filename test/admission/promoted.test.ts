import type { AdmissionDecision, AdmissionReasonCode } from '@sallyport/admission'
import {
  createAttacher,
  createStatement,
  decisionLevel,
  decisionResource,
  keySigner,
  predicateKinds,
  predicateTypes,
} from '@sallyport/attest'
import { type Descriptor, type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { copy, toRawManifest } from '@sallyport/oci'
import { createImageIndex, type GeneratedImage, pushImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createKeys,
  daysAgo,
  gateId,
  type GatedRegistry,
  imageOf,
  indexOf,
  keyIdOf,
  now,
  type PromotionChanges,
  startGatedRegistry,
} from './gated-registry.ts'

let gated: GatedRegistry
beforeAll(async () => {
  gated = await startGatedRegistry()
})
afterAll(() => gated[Symbol.asyncDispose]())

/** Promotes an image, which has to pass, and says what was promoted. */
async function promoted(
  name: string,
  image: GeneratedImage = imageOf(name),
  changes: PromotionChanges = {},
): Promise<Digest> {
  const outcome = await gated.promote(name, image, name, changes)
  if (outcome.verdict !== 'pass') throw new Error(`not promoted: ${JSON.stringify(outcome)}`)
  return outcome.digest
}

const tagged = (name: string): string => `${gated.place(`prod/${name}`)}:1`

async function decide(
  reference: string,
  options: Parameters<GatedRegistry['admission']>[0] = {},
): Promise<AdmissionDecision> {
  await using admission = gated.admission(options)
  return await admission.decideImage(reference, { namespace: 'prod' })
}

function expectDenied(decision: AdmissionDecision, ...codes: AdmissionReasonCode[]): void {
  expect(
    decision.reasons.map(({ code }) => code),
    JSON.stringify(decision.reasons),
  ).toEqual(codes)
  expect(decision).toMatchObject({ verdict: 'deny', admitted: false, ground: 'refused', pinned: undefined })
}

/** A decision about an image as a gate writes it, with what differs. */
async function attachDecision(
  name: string,
  subject: Descriptor,
  parts: { readonly result?: 'PASSED' | 'FAILED'; readonly release?: string },
): Promise<void> {
  const { result = 'PASSED', release = gated.keys.release.privateKey } = parts
  const place = gated.place(`prod/${name}`)
  const predicate = predicateKinds.vsa.build({
    verifier: { id: gateId },
    timeVerified: now,
    resourceUri: decisionResource(place),
    policy: { uri: 'gate.yaml', digest: digestOf('policy') },
    result,
    verifiedLevels: result === 'FAILED' ? [] : [decisionLevel('prod')],
  })
  const statement = createStatement([{ name: place, digest: subject.digest }], predicateTypes.vsa, predicate)
  const attacher = createAttacher(gated.repository(`prod/${name}`), {
    mode: 'bundle',
    createdAt: now,
    settleMs: 0,
  })
  await attacher.attach([{ subject, statement, signer: keySigner(release) }])
}

/** Referrers that name the image and are no evidence, in the clothes of bundles. */
async function attachJunk(name: string, subject: Descriptor, count: number): Promise<void> {
  const repository = gated.repository(`prod/${name}`)
  const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json'
  const put = async (content: Buffer, mediaType: string): Promise<Descriptor> => {
    const descriptor = { mediaType, digest: digestOf(content), size: content.byteLength }
    await repository.write(
      descriptor,
      (async function* () {
        yield content
      })(),
    )
    return descriptor
  }
  const config = await put(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json')
  for (let at = 0; at < count; at++) {
    const layer = await put(Buffer.from(JSON.stringify({ junk: at })), bundle)
    await repository.putManifest(
      toRawManifest(
        Buffer.from(
          JSON.stringify({
            schemaVersion: 2,
            mediaType: mediaTypes.ociManifest,
            artifactType: bundle,
            config,
            layers: [layer],
            subject,
            annotations: { 'dev.sigstore.bundle.predicateType': predicateTypes.vsa },
          }),
        ),
      ),
    )
  }
}

describe('an image that the gate promoted', () => {
  it('is let in by the digest that was verified, by a patch of the Pod', async () => {
    const digest = await promoted('good')
    await using admission = gated.admission()
    const { response } = await admission.decideReview(
      {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        request: {
          uid: 'u-1',
          kind: { group: '', version: 'v1', kind: 'Pod' },
          namespace: 'prod',
          operation: 'CREATE',
          object: { spec: { containers: [{ name: 'app', image: tagged('good') }] } },
        },
      },
      { phase: 'mutate' },
    )
    expect(response, JSON.stringify(response)).toMatchObject({
      uid: 'u-1',
      allowed: true,
      patchType: 'JSONPatch',
    })
    expect(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString())).toEqual([
      { op: 'replace', path: '/spec/containers/0/image', value: `${tagged('good')}@${digest}` },
    ])
    const decision = await admission.decideImage(`${gated.place('prod/good')}@${digest}`, {
      namespace: 'prod',
    })
    expect(decision).toMatchObject({ verdict: 'allow', ground: 'passed', digest, cached: true })
    expect(new Set(decision.evidence.map(({ requirement }) => requirement))).toEqual(
      new Set(['decision', 'sbom', 'signature']),
    )
  })

  it('of two platforms is let in as an index and as each of its platforms', async () => {
    const digest = await promoted('multi', indexOf('multi'), { platforms: ['linux/amd64', 'linux/arm64'] })
    expect(await decide(tagged('multi'))).toMatchObject({ verdict: 'allow', digest })
    const { bytes } = await gated.repository('prod/multi').getManifest(digest)
    const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as { manifests: Descriptor[] }
    expect(manifests).toHaveLength(2)
    for (const each of manifests) {
      expect(await decide(`${gated.place('prod/multi')}@${each.digest}`)).toMatchObject({ verdict: 'allow' })
    }
  })

  it('is let in although others attached junk to it', async () => {
    const digest = await promoted('littered')
    const { descriptor } = await gated.repository('prod/littered').getManifest(digest)
    await attachJunk('littered', descriptor, 80)
    expect(await decide(tagged('littered'))).toMatchObject({ verdict: 'allow', digest })
  })

  it('is let in from memory while the registry is down, and another one is not', async () => {
    const other = await startGatedRegistry()
    try {
      const outcome = await other.promote('kept', imageOf('kept'))
      if (outcome.verdict !== 'pass') throw new Error('not promoted')
      await using admission = other.admission()
      const reference = `${other.place('prod/kept')}@${outcome.digest}`
      expect(await admission.decideImage(reference)).toMatchObject({ verdict: 'allow', cached: false })
      await other.registry.stop()
      expect(await admission.decideImage(reference)).toMatchObject({ verdict: 'allow', cached: true })
      const unknown = await admission.decideImage(`${other.place('prod/kept')}@${digestOf('unknown')}`)
      expect(unknown).toMatchObject({
        verdict: 'error',
        admitted: false,
        reasons: [{ code: 'registry-unreachable' }],
      })
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })
})

describe('an image is kept out', () => {
  it('that nobody signed', async () => {
    expect.hasAssertions()
    await pushImage(gated.repository('prod/unsigned'), imageOf('unsigned'), '1')
    expectDenied(await decide(tagged('unsigned')), 'decision-missing', 'sbom-missing', 'signature-missing')
  })

  it('that nobody signed, however much junk is attached to it', async () => {
    const image = imageOf('junk')
    await pushImage(gated.repository('prod/junk'), image, '1')
    await attachJunk('junk', image.raw.descriptor, 80)
    expect(await decide(tagged('junk'))).toMatchObject({ verdict: 'deny', admitted: false })
  })

  it('that a gate with other keys promoted', async () => {
    await promoted('stranger', imageOf('stranger'), { keys: createKeys() })
    const decision = await decide(tagged('stranger'))
    expect(decision).toMatchObject({ verdict: 'deny', admitted: false })
    expect(decision.reasons.map(({ message }) => message).join('\n')).toMatch(
      /decision of .*\n.*sbom of .*\n.*signature of /,
    )
  })

  it('whose decision is signed by the key of evidence', async () => {
    const image = imageOf('wrong-purpose')
    await pushImage(gated.repository('prod/wrong-purpose'), image, '1')
    await attachDecision('wrong-purpose', image.raw.descriptor, { release: gated.keys.evidence.privateKey })
    expect((await decide(tagged('wrong-purpose'))).reasons[0]?.code).toBe('signer-not-accepted')
  })

  it('that was promoted to another repository', async () => {
    expect.hasAssertions()
    await promoted('here')
    const from = gated.repository('prod/here')
    await copy(from, gated.repository('prod/elsewhere'), { from: '1', tag: '1', evidence: {} })
    expectDenied(await decide(tagged('elsewhere')), 'decision-elsewhere')
  })

  it('that was promoted to a lower tier', async () => {
    expect.hasAssertions()
    await promoted('lower', imageOf('lower', { weak: true }), { tier: 'staging' })
    expectDenied(await decide(tagged('lower')), 'decision-other-tier')
  })

  it('whose decision is too old', async () => {
    await promoted('old', imageOf('old'), { at: daysAgo(31) })
    expectDenied(await decide(tagged('old')), 'decision-expired')
    await promoted('older-not', imageOf('older-not'), { at: daysAgo(29) })
    expect(await decide(tagged('older-not'))).toMatchObject({ verdict: 'allow' })
  })

  it('that the gate refused, and somebody pushed by hand', async () => {
    const image = imageOf('refused', { weak: true })
    expect(await gated.promote('refused', image)).toMatchObject({ verdict: 'fail' })
    await pushImage(gated.repository('prod/refused'), image, '1')
    expectDenied(await decide(tagged('refused')), 'decision-missing', 'sbom-missing', 'signature-missing')
  })

  it('whose decision says that it failed', async () => {
    const image = imageOf('failed')
    await pushImage(gated.repository('prod/failed'), image, '1')
    await attachDecision('failed', image.raw.descriptor, { result: 'FAILED' })
    expect((await decide(tagged('failed'))).reasons[0]?.code).toBe('decision-failed')
  })

  it('that stands at a tag which moved after another was verified there', async () => {
    const digest = await promoted('moved')
    await using admission = gated.admission()
    expect(await admission.decideImage(tagged('moved'))).toMatchObject({ verdict: 'allow', digest })
    const other = imageOf('moved by hand')
    await pushImage(gated.repository('prod/moved'), other, '1')
    const after = await admission.decideImage(tagged('moved'))
    expectDenied(after, 'decision-missing', 'sbom-missing', 'signature-missing')
    expect(after.digest).toBe(other.raw.descriptor.digest)
    expect(await admission.decideImage(`${tagged('moved')}@${digest}`)).toMatchObject({ verdict: 'allow' })
  })

  it('whose evidence somebody deleted', async () => {
    const digest = await promoted('deleted')
    expect(await decide(tagged('deleted'))).toMatchObject({ verdict: 'allow' })
    const repository = gated.repository('prod/deleted')
    const { referrers, cosignTags } = await repository.discoverReferrers(digest)
    const isSbom = ({ annotations = {} }: Descriptor): boolean =>
      /cyclonedx|spdx/.test(annotations['dev.sigstore.bundle.predicateType'] ?? '')
    for (const { descriptor } of referrers)
      if (isSbom(descriptor)) await repository.deleteManifest(descriptor.digest)
    for (const { descriptor, kind } of cosignTags)
      if (kind === 'att') await repository.deleteManifest(descriptor.digest)
    expectDenied(await decide(tagged('deleted')), 'sbom-missing')
    for (const { descriptor } of referrers)
      if (!isSbom(descriptor)) await repository.deleteManifest(descriptor.digest)
    for (const { descriptor, kind } of cosignTags)
      if (kind === 'sig') await repository.deleteManifest(descriptor.digest)
    expectDenied(await decide(tagged('deleted')), 'decision-missing', 'sbom-missing', 'signature-missing')
  })

  it('that is revoked, as itself or as a platform of it', async () => {
    const digest = await promoted('revoked', indexOf('revoked'), {
      platforms: ['linux/amd64', 'linux/arm64'],
    })
    expectDenied(
      await decide(tagged('revoked'), { revocations: [{ digest, reason: 'withdrawn' }] }),
      'digest-revoked',
    )
    const { bytes } = await gated.repository('prod/revoked').getManifest(digest)
    const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as { manifests: Descriptor[] }
    const revocations = [{ digest: manifests[1]!.digest, reason: 'withdrawn' }]
    expectDenied(await decide(tagged('revoked'), { revocations }), 'digest-revoked')
    expect(await decide(tagged('revoked'))).toMatchObject({ verdict: 'allow' })
  })

  it('whose key is revoked', async () => {
    await promoted('lost-key')
    const revocations = [{ key: keyIdOf(gated.keys.release.publicKey), reason: 'lost' }]
    expectDenied(await decide(tagged('lost-key'), { revocations }), 'key-revoked', 'key-revoked')
    const later = [{ ...revocations[0]!, from: new Date(now.getTime() + 1) }]
    expect(await decide(tagged('lost-key'), { revocations: later })).toMatchObject({ verdict: 'allow' })
  })

  it('that lists a promoted platform in an index of its own', async () => {
    const image = imageOf('platform')
    const digest = await promoted('platform', image)
    const { descriptor } = await gated.repository('prod/platform').getManifest(digest)
    expect(descriptor.digest).toBe(image.raw.descriptor.digest)
    const index = createImageIndex({
      'linux/amd64': image,
      'linux/arm64': imageOf('stowaway', { platform: 'linux/arm64' }),
    })
    await pushImage(gated.repository('prod/platform'), index, 'all')
    expectDenied(
      await decide(`${gated.place('prod/platform')}:all`),
      'decision-missing',
      'signature-missing',
      'sbom-missing',
    )
  })

  it('that is a platform of an index which alone is signed', async () => {
    const index = indexOf('only-index')
    await pushImage(gated.repository('prod/only-index'), index, '1')
    await attachDecision('only-index', index.raw.descriptor, {})
    const [child] = index.children
    const policy = {
      rules: [
        {
          name: 'decision',
          require: { decision: { tier: 'prod', gates: [{ id: gateId, by: 'release' }] } },
        },
      ],
    }
    expect(await decide(tagged('only-index'), { policy })).toMatchObject({ verdict: 'allow' })
    const alone = `${gated.place('prod/only-index')}@${child!.descriptor.digest}`
    expectDenied(await decide(alone, { policy }), 'decision-missing')
    const both = { rules: [{ ...policy.rules[0]!, subject: 'both' as const }] }
    expect((await decide(tagged('only-index'), { policy: both })).verdict).toBe('deny')
  })

  it('from a registry that is not trusted, although it is signed', async () => {
    expect.hasAssertions()
    await promoted('place')
    expectDenied(await decide(`${gated.place('build/place')}:1`), 'registry-not-trusted')
  })

  it('that is not there', async () => {
    expect.hasAssertions()
    expectDenied(await decide(`${gated.place('prod/nothing')}:1`), 'image-not-found')
  })
})
