import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  generateSigningKey,
  type ImageVerdict,
  keySigner,
  parsePredicate,
  predicateTypes,
  readEvidence,
  type Requirement,
  verifyImage,
} from '@sallyport/attest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, cosignOffline, cosignPassphrase, createCosignHome } from './cosign-home.ts'
import { type EvidencePlace, evidenceRegistries, type EvidenceRegistry } from './evidence-registry.ts'
import { type SampleAttestation, sampleAttestations, sampleNames } from './sample-attestations.ts'
import { anotherImage, singleImage } from './samples.ts'

const subject = singleImage.raw.descriptor
const stranger = keySigner(generateSigningKey().privateKey).publicKey

/** How cosign stores what it makes, and where we find it. */
const forms = [
  { name: 'bundles', flags: [], stores: ['bundle', 'bundle'] },
  {
    name: '.sig and .att tags',
    flags: ['--new-bundle-format=false'],
    stores: ['legacy-signature', 'legacy-attestation'],
  },
] as const

/** What cosign makes of a predicate: it dates its own, and reads and writes anew the times of those that it knows. */
function asWritten({ type, predicate }: SampleAttestation): unknown {
  if (type === 'custom') return { ...predicate, Timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string }
  if (type !== 'slsaprovenance1' && type !== 'vuln') return predicate
  return JSON.parse(JSON.stringify(predicate).replaceAll('.000Z"', 'Z"'))
}

/** Requirements that the evidence of cosign satisfies when it is by these signers. */
const requirementsFor = (keys: readonly string[]): readonly Requirement[] => [
  { kind: 'signature', by: { keys } },
  { kind: 'sbom', by: { keys }, formats: ['cyclonedx'] },
  { kind: 'sbom', by: { keys }, formats: ['spdx'] },
  { kind: 'provenance', builders: [{ id: sampleNames.builder, by: { keys }, level: 2 }], minimumLevel: 2 },
  {
    kind: 'vsa',
    verifiers: [{ id: sampleNames.verifier, by: { keys } }],
    resourceUri: sampleNames.resourceUri,
    minimumLevels: ['SLSA_BUILD_LEVEL_1', 'ACME_GATE_PROD'],
  },
  ...(
    [
      [predicateTypes.cosignVuln, '/scanner/result/matches/0/id', 'CVE-2026-0001'],
      [predicateTypes.openvex, '/statements/0/status', 'not_affected'],
      [predicateTypes.cosignCustom, '/Data', sampleNames.note],
    ] as const
  ).map(([predicateType, path, equals]) => ({
    kind: 'attestation' as const,
    by: { keys },
    predicateType,
    conditions: [{ path, equals }],
  })),
]

describe.each(evidenceRegistries)('we, on what cosign attached in $name,', ({ start }) => {
  let directory: string
  let cosign: CosignHome
  let registry: EvidenceRegistry
  let publicKey: string
  let keyId: string
  const places = new Map<string, EvidencePlace>()
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    const home = join(directory, 'home')
    cosign = await createCosignHome(home)
    registry = await start(directory)
    await cosign.run('generate-key-pair')
    publicKey = await readFile(join(home, 'cosign.pub'), 'utf8')
    const key = await readFile(join(home, 'cosign.key'), 'utf8')
    keyId = keySigner(key, { passphrase: cosignPassphrase }).keyId
    // Both forms read them at the same time: nobody may write them any more by then.
    for (const sample of sampleAttestations) {
      await cosign.write(fileOf(sample), sample.file ?? sample.predicate)
    }
  })
  beforeAll(() =>
    Promise.all(
      forms.map(async ({ flags, stores: [signatures] }) => {
        const place = await registry.push(`theirs/${signatures}`, singleImage)
        places.set(signatures, place)
        await run('sign', ...flags, place.image)
        for (const sample of sampleAttestations) {
          await run('attest', '--type', sample.type, '--predicate', fileOf(sample), ...flags, place.image)
        }
      }),
    ),
  )
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })
  const run = (...args: readonly string[]): Promise<string> =>
    cosign.run(...args, '--key', 'cosign.key', '--allow-http-registry', ...cosignOffline)
  const fileOf = ({ kind }: SampleAttestation): string => `${kind.type.replaceAll('/', '-')}.json`

  describe.each(forms)('as $name,', ({ stores: [signatures, attestations] }) => {
    let place: EvidencePlace
    beforeAll(() => {
      place = places.get(signatures)!
    })

    it('find all of it in its stores, and nothing that does not verify', async () => {
      const report = await readEvidence(place.repository, subject.digest, { keys: [publicKey] })
      expect(report.rejected).toEqual([])
      const found = report.verified.map(({ store, statement }) => `${store} ${statement.predicateType}`)
      expect(found.toSorted()).toEqual(
        [
          `${signatures} ${predicateTypes.cosignSign}`,
          ...sampleAttestations.map(({ predicateType }) => `${attestations} ${predicateType}`),
        ].toSorted(),
      )
      for (const { signer } of report.verified) expect(signer).toEqual({ kind: 'key', keyId })
    })

    it.each(sampleAttestations)('read the predicate of type $type', async (sample) => {
      const { verified } = await readEvidence(place.repository, subject.digest, { keys: [publicKey] })
      const [found] = verified.filter(({ statement }) => statement.predicateType === sample.predicateType)
      expect(parsePredicate(found!.statement, sample.kind)).toEqual(asWritten(sample))
      expect(found!.statement.subject).toEqual([
        { name: place.name, digest: { sha256: subject.digest.slice('sha256:'.length) } },
      ])
    })

    it('find every requirement satisfied by its key, and none by another', async () => {
      const verify = (key: string, digest: string = subject.digest): Promise<ImageVerdict> =>
        verifyImage(place.repository, digest, { requirements: requirementsFor([key]) })
      const verdict = await verify(publicKey)
      expect(verdict.requirements.filter(({ satisfied }) => !satisfied)).toEqual([])
      expect(verdict).toMatchObject({ verdict: 'pass', warnings: [] })
      const refused = await verify(stranger)
      expect(refused.verdict).toBe('fail')
      expect(refused.requirements.filter(({ satisfied }) => satisfied)).toEqual([])
      await registry.push(`theirs/${signatures}`, anotherImage)
      expect(await verify(publicKey, anotherImage.raw.descriptor.digest)).toMatchObject({ verdict: 'fail' })
    })
  })

  it('find a signature that it made a referrer of its older kind', async () => {
    const place = await registry.push('theirs/experimental', singleImage)
    const experimental = await createCosignHome(join(directory, 'home'), { COSIGN_EXPERIMENTAL: '1' })
    const flags = ['--new-bundle-format=false', '--registry-referrers-mode=oci-1-1']
    const signing = ['--key', 'cosign.key', '--allow-http-registry', ...cosignOffline]
    await experimental.run('sign', ...flags, ...signing, place.image)
    const report = await readEvidence(place.repository, subject.digest, { keys: [publicKey] })
    expect(report).toMatchObject({ verified: [{ store: 'artifact-signature' }], rejected: [] })
  })
})
