import { digestOf } from '@sallyport/core'
import { parseManifest } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { startSampleRepository } from '../testing/sample-repository.ts'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { readEvidence } from '../verify/read-evidence.ts'
import { attachAttestation, attachSignature } from './attach.ts'

const signer = keySigner(generateSigningKey().privateKey)
const other = keySigner(generateSigningKey().privateKey)
const createdAt = new Date('2026-03-01T12:00:00.500Z')
const options = { createdAt, settleMs: 0 }
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

describe.each([
  ['a registry with the referrers API', {}],
  ['a registry without it', { referrersApi: false }],
])('attaching to %s', (_, quirks) => {
  it('stores an attestation in both forms, which verify and say the same', async () => {
    await using target = await startSampleRepository(quirks)
    const statement = createStatement([{ digest: target.subject.digest }], predicateTypes.cyclonedx, { a: 1 })
    const result = await attachAttestation(target.repository, target.subject, statement, signer, options)
    expect(result).toMatchObject({ keyId: signer.keyId, written: true })

    const report = await readEvidence(target.repository, target.subject.digest, { keys: [signer.publicKey] })
    expect(report.rejected).toEqual([])
    expect(report.verified.map(({ store }) => store)).toEqual(['bundle', 'legacy-attestation'])
    for (const found of report.verified)
      expect(found).toMatchObject({ signer: { kind: 'key', keyId: signer.keyId }, statement })
    expect(
      report.verified.map(({ store, manifest, blob, payload }) => ({ store, manifest, blob, payload })),
    ).toEqual(result.pieces.map(({ store, manifest, blob, payload }) => ({ store, manifest, blob, payload })))
  })

  it('stores a signature in both forms', async () => {
    await using target = await startSampleRepository(quirks)
    await attachSignature(target.repository, target.subject, signer, {
      ...options,
      reference: target.reference,
    })
    const { verified, rejected } = await readEvidence(target.repository, target.subject.digest, {
      keys: [signer.publicKey],
    })
    expect(rejected).toEqual([])
    expect(verified.map(({ store }) => store)).toEqual(['bundle', 'legacy-signature'])
    const hex = target.subject.digest.slice('sha256:'.length)
    expect(verified.map(({ statement }) => statement.subject)).toEqual([
      [{ digest: { sha256: hex } }],
      [{ name: target.reference, digest: { sha256: hex } }],
    ])
    for (const { statement } of verified) {
      expect(statement).toMatchObject({ predicateType: 'https://sigstore.dev/cosign/sign/v1', predicate: {} })
    }
  })

  it('names the repository and the time of now where nothing else is said', async () => {
    await using target = await startSampleRepository(quirks)
    const { repository, subject } = target
    const before = Date.now()
    const { pieces } = await attachSignature(repository, subject, signer, { settleMs: 0 })
    const { verified } = await readEvidence(repository, subject.digest, { keys: [signer.publicKey] })
    expect(verified.map(({ statement }) => statement.subject[0]?.name)).toEqual([undefined, target.reference])
    const bundle = parseManifest(await repository.getManifest(pieces[0]!.manifest))
    const created = Date.parse(bundle.annotations?.['org.opencontainers.image.created'] ?? '')
    // The annotation is in whole seconds.
    expect(created).toBeGreaterThan(before - 1000)
    expect(created).toBeLessThanOrEqual(Date.now())
  })

  it('writes nothing the second time', async () => {
    await using target = await startSampleRepository(quirks)
    const attach = async () => {
      const statement = createStatement([{ digest: target.subject.digest }], predicateTypes.vsa, { ok: true })
      return [
        await attachAttestation(target.repository, target.subject, statement, signer, options),
        await attachSignature(target.repository, target.subject, signer, {
          ...options,
          reference: target.reference,
        }),
      ]
    }
    const first = await attach()
    const before = target.registry.snapshot()
    target.registry.clearRequests()
    const second = await attach()
    expect(first.map(({ written }) => written)).toEqual([true, true])
    expect(second).toEqual(first.map((result) => ({ ...result, written: false })))
    expect(target.registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
    expect(target.registry.snapshot()).toEqual(before)
  })
})

describe('attachAttestation', () => {
  it.each(['bundle', 'legacy'] as const)('adds the other form later (%s first)', async (mode) => {
    await using target = await startSampleRepository()
    const statement = createStatement([{ digest: target.subject.digest }], predicateTypes.vulns, {})
    const attach = (form: 'bundle' | 'legacy' | 'both') =>
      attachAttestation(target.repository, target.subject, statement, signer, { ...options, mode: form })
    const [one] = (await attach(mode)).pieces
    const both = await attach('both')
    expect(both.written).toBe(true)
    expect(both.pieces).toHaveLength(2)
    expect(both.pieces).toContainEqual(one)
    const { verified } = await readEvidence(target.repository, target.subject.digest, {
      keys: [signer.publicKey],
    })
    expect(verified).toHaveLength(2)
  })

  it('keeps what another key and another statement brought', async () => {
    await using target = await startSampleRepository()
    for (const by of [signer, other]) {
      for (const count of [1, 2]) {
        const statement = createStatement([{ digest: target.subject.digest }], predicateTypes.vulns, {
          count,
        })
        const { written } = await attachAttestation(target.repository, target.subject, statement, by, options)
        expect(written).toBe(true)
      }
    }
    const keys = [signer.publicKey, other.publicKey]
    const { verified } = await readEvidence(target.repository, target.subject.digest, { keys })
    const seen = verified.map(({ store, signer: by, payload }) => `${store} ${JSON.stringify(by)} ${payload}`)
    expect(new Set(seen).size).toBe(8)
  })

  it('takes nothing of another key for its own, though both are trusted', async () => {
    await using target = await startSampleRepository()
    const { repository, subject } = target
    const statement = createStatement([{ digest: subject.digest }], predicateTypes.vulns, {})
    const trust = { keys: [signer.publicKey, other.publicKey] }
    for (const by of [signer, other])
      expect(
        await attachAttestation(repository, subject, statement, by, { ...options, trust }),
      ).toMatchObject({ written: true, keyId: by.keyId })
  })

  it('writes the referrer as cosign 3 does', async () => {
    await using target = await startSampleRepository()
    const statement = createStatement([{ digest: target.subject.digest }], predicateTypes.cyclonedx, {})
    const { pieces } = await attachAttestation(target.repository, target.subject, statement, signer, {
      ...options,
      mode: 'bundle',
    })
    const raw = await target.repository.getManifest(pieces[0]?.manifest ?? '')
    const blob = pieces[0]?.blob
    expect(JSON.parse(Buffer.from(raw.bytes).toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: bundleType,
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        artifactType: bundleType,
        digest: digestOf(Buffer.from('{}')),
        size: 2,
      },
      layers: [{ mediaType: bundleType, digest: blob, size: expect.any(Number) as number }],
      subject: target.subject,
      annotations: {
        'org.opencontainers.image.created': '2026-03-01T12:00:00Z',
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://cyclonedx.org/bom',
      },
    })
    expect(target.registry.snapshot()['team/app']?.tags).toEqual({ '1': target.subject.digest })
  })

  it('writes the tags as cosign 2 does', async () => {
    await using target = await startSampleRepository()
    const statement = createStatement([{ digest: target.subject.digest }], predicateTypes.cyclonedx, {})
    const legacy = { ...options, mode: 'legacy' } as const
    await attachAttestation(target.repository, target.subject, statement, signer, legacy)
    await attachSignature(target.repository, target.subject, signer, {
      ...legacy,
      reference: target.reference,
    })
    const tag = target.subject.digest.replace(':', '-')
    const layers = await Promise.all(
      ['att', 'sig'].map(async (suffix) =>
        parseManifest(await target.repository.getManifest(`${tag}.${suffix}`)).layers.map(
          ({ mediaType, annotations }) => ({ mediaType, annotations }),
        ),
      ),
    )
    expect(layers).toEqual([
      [
        {
          mediaType: 'application/vnd.dsse.envelope.v1+json',
          annotations: {
            'dev.cosignproject.cosign/signature': '',
            predicateType: 'https://cyclonedx.org/bom',
          },
        },
      ],
      [
        {
          mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
          annotations: {
            'dev.cosignproject.cosign/signature': expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string,
          },
        },
      ],
    ])
  })

  it('refuses a statement about something else before it signs', async () => {
    await using target = await startSampleRepository()
    const statement = createStatement([{ digest: digestOf(Buffer.from('other')) }], predicateTypes.vsa, {})
    target.registry.clearRequests()
    await expect(
      attachAttestation(target.repository, target.subject, statement, signer, options),
    ).rejects.toMatchObject({ code: 'STATEMENT_INVALID' })
    expect(target.registry.requests).toEqual([])
  })

  it('publishes nothing when the signer answers with a signature of another key', async () => {
    await using target = await startSampleRepository()
    const before = target.registry.snapshot()
    const broken = { ...signer, sign: other.sign.bind(other) }
    const statement = createStatement([{ digest: target.subject.digest }], predicateTypes.vsa, {})
    await expect(
      attachAttestation(target.repository, target.subject, statement, broken, options),
    ).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    expect(target.registry.snapshot()).toEqual(before)
  })
})
