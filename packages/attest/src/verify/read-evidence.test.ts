import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { preAuthEncoding, statementPayloadType } from '../statement/pre-auth-encoding.ts'
import { signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'
import { attachAttestation, attachSignature } from '../storage/attach.ts'
import { legacyTag } from '../storage/legacy-tag.ts'
import { createSimpleSigning } from '../storage/simple-signing.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { plant, type SampleRepository, startSampleRepository } from '../testing/sample-repository.ts'
import { readEvidence } from './read-evidence.ts'
import { requireEvidence } from './require-evidence.ts'

const pair = generateSigningKey()
const signer = keySigner(pair.privateKey)
const keys = [pair.publicKey]
const stranger = keySigner(generateSigningKey().privateKey)
const options = { createdAt: new Date('2026-01-02T03:04:05Z'), settleMs: 0 }
const about = (digest: Digest): Statement =>
  createStatement([{ digest }], predicateTypes.cyclonedx, { bomFormat: 'CycloneDX' })
const elsewhere: Digest = `sha256:${'0'.repeat(64)}`

interface BundleJson {
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] }
  verificationMaterial: { publicKey?: { hint: string } }
  [field: string]: unknown
}

async function bundleOf(subject: Digest, change: (bundle: BundleJson) => unknown): Promise<Uint8Array> {
  const { bundle } = await signStatement(about(subject), signer)
  const json = JSON.parse(Buffer.from(bundle).toString()) as BundleJson
  const changed = change(json)
  return Buffer.from(typeof changed === 'string' ? changed : JSON.stringify(changed ?? json))
}

/** A bundle whose payload was really signed, whatever it is. */
async function signedPayload(
  payload: string,
  payloadType: string = statementPayloadType,
): Promise<Uint8Array> {
  const signature = await signer.sign(preAuthEncoding(payloadType, Buffer.from(payload)))
  return bundleOf(elsewhere, (bundle) => {
    bundle.dsseEnvelope.payload = Buffer.from(payload).toString('base64')
    bundle.dsseEnvelope.payloadType = payloadType
    bundle.dsseEnvelope.signatures[0]!.sig = Buffer.from(signature).toString('base64')
  })
}

const flip = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64')
  bytes[bytes.length - 1]! ^= 1
  return bytes.toString('base64')
}

/** Bundles that must not count. */
const hostile: { what: string; reason: string; make: (subject: Digest) => Promise<Uint8Array> }[] = [
  {
    what: 'a bundle by another key',
    reason: 'key-unknown',
    make: async (subject) => (await signStatement(about(subject), stranger)).bundle,
  },
  {
    what: 'a bundle by another key that names ours',
    reason: 'signature-invalid',
    make: async (subject) => {
      const { bundle } = await signStatement(about(subject), stranger)
      return Buffer.from(Buffer.from(bundle).toString().replaceAll(stranger.keyId, signer.keyId))
    },
  },
  {
    what: 'a changed signature',
    reason: 'signature-invalid',
    make: async (subject) =>
      bundleOf(subject, ({ dsseEnvelope: { signatures } }) => {
        signatures[0]!.sig = flip(signatures[0]!.sig)
      }),
  },
  {
    what: 'a changed payload',
    reason: 'signature-invalid',
    make: async (subject) =>
      bundleOf(subject, ({ dsseEnvelope }) => {
        const text = Buffer.from(dsseEnvelope.payload, 'base64').toString().replace('CycloneDX', 'CycloneDY')
        dsseEnvelope.payload = Buffer.from(text).toString('base64')
      }),
  },
  {
    what: 'a statement about another image',
    reason: 'subject-mismatch',
    make: async () => (await signStatement(about(elsewhere), signer)).bundle,
  },
  {
    what: 'two signatures',
    reason: 'bundle-invalid',
    make: async (subject) =>
      bundleOf(subject, ({ dsseEnvelope: { signatures } }) => {
        signatures.push(signatures[0]!)
      }),
  },
  {
    what: 'no signature',
    reason: 'bundle-invalid',
    make: async (subject) =>
      bundleOf(subject, ({ dsseEnvelope }) => {
        dsseEnvelope.signatures = []
      }),
  },
  {
    what: 'a key twice in the bundle',
    reason: 'bundle-invalid',
    make: async (subject) =>
      bundleOf(subject, (bundle) => JSON.stringify(bundle).replace('{', '{"mediaType":"other",')),
  },
  {
    what: 'a key twice in the signed statement',
    reason: 'statement-invalid',
    make: async (subject) =>
      signedPayload(
        JSON.stringify(about(subject)).replace('{', '{"predicateType":"https://example.com/other",'),
      ),
  },
  {
    what: 'base64 with line breaks',
    reason: 'bundle-invalid',
    make: async (subject) =>
      bundleOf(subject, ({ dsseEnvelope }) => {
        dsseEnvelope.payload = `${dsseEnvelope.payload.slice(0, 8)}\n${dsseEnvelope.payload.slice(8)}`
      }),
  },
  {
    what: 'a payload of another type',
    reason: 'statement-invalid',
    make: async (subject) => signedPayload(JSON.stringify(about(subject)), 'application/json'),
  },
  {
    what: 'a payload that is no statement',
    reason: 'statement-invalid',
    make: async () => signedPayload('{"subject":[]}'),
  },
  {
    what: 'a statement nested too deep',
    reason: 'statement-invalid',
    make: async (subject) =>
      signedPayload(
        JSON.stringify({ ...about(subject), predicate: 0 }).replace(
          '"predicate":0',
          `"predicate":${'['.repeat(5000)}${']'.repeat(5000)}`,
        ),
      ),
  },
  { what: 'no JSON', reason: 'bundle-invalid', make: async () => Buffer.from('junk') },
  { what: 'an empty object', reason: 'bundle-invalid', make: async () => Buffer.from('{}') },
  { what: 'no UTF-8', reason: 'bundle-invalid', make: async () => Buffer.from([0x22, 0xff, 0x22]) },
]

async function plantBundle(
  { repository, subject }: SampleRepository,
  bytes: Uint8Array,
  refersTo: Descriptor = subject,
): Promise<Digest> {
  const { descriptor } = await plant(repository, {
    artifactType: wireFormat.bundle,
    subject: refersTo,
    layers: [{ mediaType: wireFormat.bundle, bytes }],
  })
  return descriptor.digest
}

describe('readEvidence', () => {
  it.each(hostile)('rejects $what, and still finds the good evidence', async ({ make, reason }) => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const bytes = await make(subject.digest)
    const manifest = await plantBundle(sample, bytes)
    await attachAttestation(repository, subject, about(subject.digest), signer, options)
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys })
    expect(rejected).toEqual([
      { store: 'bundle', manifest, blob: digestOf(bytes), reason, message: expect.any(String) },
    ])
    expect(verified.map(({ store }) => store)).toEqual(['bundle', 'legacy-attestation'])
  })

  it('finds all hostile bundles at once beside the good one', async () => {
    await using sample = await startSampleRepository({ referrersApi: false })
    const { repository, subject } = sample
    for (const { make } of hostile) await plantBundle(sample, await make(subject.digest))
    await attachAttestation(repository, subject, about(subject.digest), signer, {
      ...options,
      mode: 'bundle',
    })
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys })
    expect(rejected).toHaveLength(hostile.length)
    expect(verified).toHaveLength(1)
  })

  it('leaves referrers of other kinds out', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    await plant(repository, {
      artifactType: 'application/vnd.example.sbom',
      subject,
      layers: [{ mediaType: 'text/plain', bytes: Buffer.from('x') }],
    })
    await expect(readEvidence(repository, subject.digest, { keys })).resolves.toEqual({
      subject: subject.digest,
      verified: [],
      rejected: [],
    })
  })

  it('reads a bundle whose descriptor does not name its type', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const { bundle } = await signStatement(about(subject.digest), signer)
    await plant(repository, { subject, layers: [{ mediaType: wireFormat.bundle, bytes: bundle }] })
    const { verified } = await readEvidence(repository, subject.digest, { keys })
    expect(verified).toMatchObject([{ store: 'bundle', signer: { kind: 'key', keyId: signer.keyId } }])
  })

  it('rejects a referrer with two layers', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const { bundle } = await signStatement(about(subject.digest), signer)
    const layer = { mediaType: wireFormat.bundle, bytes: bundle }
    await plant(repository, { artifactType: wireFormat.bundle, subject, layers: [layer, layer] })
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys })
    expect(verified).toEqual([])
    expect(rejected).toMatchObject([{ reason: 'manifest-invalid' }])
  })

  it('rejects what the registry serves with other bytes', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject, registry } = sample
    const attached = await attachAttestation(repository, subject, about(subject.digest), signer, options)
    const bundle = attached.pieces[0]!
    registry.setRequestHook(({ method, digest }) =>
      method === 'GET' && digest === bundle.blob ? { type: 'alter-response', flipByteAt: 100 } : undefined,
    )
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys })
    expect(verified.map(({ store }) => store)).toEqual(['legacy-attestation'])
    expect(rejected).toMatchObject([{ store: 'bundle', blob: bundle.blob, reason: 'bundle-invalid' }])
  })

  it.each(['sig', 'att'] as const)('rejects something else under the tag of a .%s', async (suffix) => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [] }))
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
    await repository.putManifest({ bytes, descriptor }, { tag: legacyTag(subject.digest, suffix) })
    await attachAttestation(repository, subject, about(subject.digest), signer, {
      ...options,
      mode: 'bundle',
    })
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys })
    expect(verified).toMatchObject([{ store: 'bundle' }])
    expect(rejected).toMatchObject([
      {
        store: suffix === 'sig' ? 'legacy-signature' : 'legacy-attestation',
        manifest: descriptor.digest,
        reason: 'manifest-invalid',
      },
    ])
  })

  it('judges each layer under a tag on its own', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject, reference } = sample
    const good = createSimpleSigning({ image: subject.digest, reference, annotations: {} })
    const other = createSimpleSigning({ image: elsewhere, reference, annotations: {} })
    const sign = async (bytes: Uint8Array, by = signer) =>
      Buffer.from(await by.sign(bytes)).toString('base64')
    const layer = (bytes: Uint8Array, signature: string) => ({
      mediaType: wireFormat.simpleSigning,
      bytes,
      annotations: { [wireFormat.annotations.signature]: signature },
    })
    await plant(repository, {
      tag: legacyTag(subject.digest, 'sig'),
      layers: [
        layer(good, ''),
        layer(good, 'not base64!'),
        layer(good, await sign(good, stranger)),
        layer(good, await sign(other)),
        layer(other, await sign(other)),
        layer(Buffer.from('{}'), await sign(Buffer.from('{}'))),
        { mediaType: 'application/example', bytes: Buffer.from('left out') },
        layer(good, await sign(good)),
      ],
    })
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys })
    expect(verified).toMatchObject([
      {
        store: 'legacy-signature',
        signer: { kind: 'key', keyId: signer.keyId },
        payload: digestOf(good),
        statement: { predicateType: predicateTypes.cosignSign, subject: [{ name: reference }] },
      },
    ])
    expect(rejected.map(({ reason }) => reason).sort()).toEqual([
      'signature-invalid',
      'signature-invalid',
      'signature-invalid',
      'signature-invalid',
      'statement-invalid',
      'subject-mismatch',
    ])
  })

  it('stays within its limits, small pieces first, and says what it left out', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject, reference } = sample
    await attachSignature(repository, subject, signer, { ...options, reference })
    const huge = createStatement([{ digest: subject.digest }], predicateTypes.vulns, 'x'.repeat(20_000))
    await attachAttestation(repository, subject, huge, signer, options)
    const read = async (limits: object) => readEvidence(repository, subject.digest, { keys, limits })
    for (const limits of [{ maxBlobBytes: 10_000 }, { maxTotalBytes: 10_000 }]) {
      const { verified, rejected } = await read(limits)
      expect(verified.map(({ store }) => store).sort()).toEqual(['bundle', 'legacy-signature'])
      expect(rejected.map(({ store, reason }) => [store, reason]).sort()).toEqual([
        ['bundle', 'limit-exceeded'],
        ['legacy-attestation', 'limit-exceeded'],
      ])
    }
    const { rejected } = await read({ maxCandidates: 1 })
    expect(rejected).toMatchObject([{ store: 'bundle', reason: 'limit-exceeded' }])
  })

  it.each([401, 403, 429, 500, 503])(
    'fails when the registry answers %i, for the evidence may be there',
    async (status) => {
      await using sample = await startSampleRepository()
      const { repository, subject, registry } = sample
      const { pieces } = await attachAttestation(repository, subject, about(subject.digest), signer, options)
      const signal = AbortSignal.timeout(10_000)
      registry.setRequestHook(({ digest }) =>
        digest === pieces[0]!.blob ? { type: 'respond', status, headers: { 'retry-after': '0' } } : undefined,
      )
      await expect(readEvidence(repository, subject.digest, { keys, signal })).rejects.toMatchObject({
        name: 'OciError',
      })
    },
  )

  it('counts nothing without a key', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    await attachAttestation(repository, subject, about(subject.digest), signer, options)
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys: [] })
    expect(verified).toEqual([])
    expect(rejected).toHaveLength(2)
  })

  it('refuses a private key as one to verify with', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    await expect(readEvidence(repository, subject.digest, { keys: [pair.privateKey] })).rejects.toMatchObject(
      { code: 'KEY_INVALID' },
    )
  })
})

describe('requireEvidence', () => {
  it('takes one predicate type by one key, from any store', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    await attachAttestation(repository, subject, about(subject.digest), signer, options)
    const report = await readEvidence(repository, subject.digest, { keys })
    const { cyclonedx, cosignSign } = predicateTypes
    expect(requireEvidence(report, { predicateType: cyclonedx })).toHaveLength(2)
    expect(requireEvidence(report, { predicateType: cyclonedx, keyId: signer.keyId })).toHaveLength(2)
    expect(requireEvidence(report, { predicateType: cyclonedx, keyId: stranger.keyId })).toBeUndefined()
    expect(requireEvidence(report, { predicateType: cosignSign })).toBeUndefined()
    expect(requireEvidence(report, { predicateType: `${cyclonedx}/` })).toBeUndefined()
  })
})
