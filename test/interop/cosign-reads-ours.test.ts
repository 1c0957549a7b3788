import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attachAttestation,
  attachSignature,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateTypes,
  type StorageMode,
  verifyImage,
} from '@sallyport/attest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, createCosignHome } from './cosign-home.ts'
import { type EvidencePlace, evidenceRegistries, type EvidenceRegistry } from './evidence-registry.ts'
import { sampleAttestations } from './sample-attestations.ts'
import { anotherImage, singleImage } from './samples.ts'

const subject = singleImage.raw.descriptor
const pair = generateSigningKey()
const signer = keySigner(pair.privateKey)
const createdAt = new Date('2026-03-01T12:00:00Z')
const modes: readonly StorageMode[] = ['bundle', 'legacy', 'both']

const insecure = ['--insecure-ignore-tlog=true', '--allow-http-registry']
const tags = '--new-bundle-format=false'
const wrongKey = /invalid signature|accepted signatures do not match threshold/

/** How cosign is run on what was stored in a mode. */
const readings: readonly (readonly [StorageMode, string, readonly string[]])[] = [
  ['bundle', 'as it is', []],
  ['legacy', 'as it is', []],
  ['legacy', `with ${tags}`, [tags]],
  ['both', 'as it is', []],
  ['both', `with ${tags}`, [tags]],
]

/** The statements in what `cosign verify-attestation` prints, one envelope a line. */
const statementsIn = (output: string): readonly Record<string, unknown>[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly payload: string })
    .map(({ payload }) => JSON.parse(Buffer.from(payload, 'base64').toString()) as Record<string, unknown>)

describe.each(evidenceRegistries)('cosign, on what we attached in $name,', ({ start }) => {
  let directory: string
  let cosign: CosignHome
  let registry: EvidenceRegistry
  const places = new Map<StorageMode, EvidencePlace>()
  const imageOf = (mode: StorageMode): string => places.get(mode)!.image
  const verify = (image: string, flags: readonly string[], key = 'release.pub'): Promise<string> =>
    cosign.run('verify', '--key', key, ...insecure, ...flags, image)
  const verifyAttestation = (
    image: string,
    type: string,
    flags: readonly string[],
    key = 'release.pub',
  ): Promise<string> =>
    cosign.run('verify-attestation', '--key', key, '--type', type, ...insecure, ...flags, image)

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    cosign = await createCosignHome(join(directory, 'home'))
    await cosign.write('release.pub', pair.publicKey)
    await cosign.write('other.pub', generateSigningKey().publicKey)
    registry = await start(directory)
    for (const mode of modes) {
      const place = await registry.push(`ours/${mode}`, singleImage)
      places.set(mode, place)
      const options = { mode, createdAt, settleMs: 0 }
      const { repository, name } = place
      await attachSignature(repository, subject, signer, { ...options, reference: name })
      for (const { predicateType, predicate } of sampleAttestations) {
        const statement = createStatement([{ name, digest: subject.digest }], predicateType, predicate)
        await attachAttestation(repository, subject, statement, signer, options)
      }
    }
  })
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  describe.each(readings)('mode %s, run %s,', (mode, _, flags) => {
    it('verifies the signature by its key alone', async () => {
      const said = JSON.parse(await verify(imageOf(mode), flags)) as readonly {
        readonly critical: { readonly image: object; readonly type: string }
      }[]
      expect(said.map(({ critical }) => critical.image)).toContainEqual({
        'docker-manifest-digest': subject.digest,
      })
      await expect(verify(imageOf(mode), flags, 'other.pub')).rejects.toThrow(wrongKey)
    })

    it.each(sampleAttestations)(
      'verifies the attestation of type $type',
      async ({ type, predicateType, predicate }) => {
        const statements = statementsIn(await verifyAttestation(imageOf(mode), type, flags))
        expect(statements).toEqual([expect.objectContaining({ predicateType, predicate })])
      },
    )

    it('refuses another key, and a type that was not attached', async () => {
      await expect(verifyAttestation(imageOf(mode), 'vuln', flags, 'other.pub')).rejects.toThrow(wrongKey)
      await expect(verifyAttestation(imageOf(mode), 'slsaprovenance02', flags)).rejects.toThrow(
        /none of the attestations matched the predicate type/,
      )
    })
  })

  it.each(modes)('applies a policy in Rego to our statement of mode %s', async (mode) => {
    const judge = (levels: string): Promise<string> =>
      verifyAttestation(imageOf(mode), predicateTypes.vsa, [`--policy=${levels}.rego`])
    for (const level of ['SLSA_BUILD_LEVEL_2', 'SLSA_BUILD_LEVEL_3']) {
      const rule = `input.predicate.verifiedLevels[_] == "${level}"`
      await cosign.write(`${level}.rego`, `package signature\ndefault allow = false\nallow { ${rule} }\n`)
    }
    expect(statementsIn(await judge('SLSA_BUILD_LEVEL_2'))).toHaveLength(1)
    await expect(judge('SLSA_BUILD_LEVEL_3')).rejects.toThrow(/1 validation errors occurred/)
  })

  it(`finds no signature of mode bundle with ${tags}`, async () => {
    await expect(verify(imageOf('bundle'), [tags])).rejects.toThrow(/no signatures found/)
    await expect(verifyAttestation(imageOf('bundle'), 'vuln', [tags])).rejects.toThrow(
      /no matching attestations/,
    )
  })

  it.each(modes)('refuses evidence of mode %s about another image', async (mode) => {
    const other = await registry.push(`ours/${mode}`, anotherImage)
    await expect(verify(other.image, [])).rejects.toThrow(/no signatures found/)
  })

  it('takes any attestation in a bundle for a signature, which we do not', async () => {
    const { repository, image, name } = await registry.push('ours/unsigned', singleImage)
    const { predicateType, predicate } = sampleAttestations[0]!
    const statement = createStatement([{ name, digest: subject.digest }], predicateType, predicate)
    await attachAttestation(repository, subject, statement, signer, { createdAt, settleMs: 0 })
    // Only what is under the tag for signatures is one to cosign 2.
    expect(JSON.parse(await verify(image, []))).toMatchObject([{ critical: { type: predicateType } }])
    await expect(verify(image, [tags])).rejects.toThrow(/no signatures found/)
    const requirements = [{ kind: 'signature', by: { keys: [pair.publicKey] } }] as const
    expect(await verifyImage(repository, subject.digest, { requirements })).toMatchObject({
      verdict: 'fail',
      requirements: [{ candidates: [{ store: 'bundle', code: 'predicate-type-mismatch' }] }],
    })
  })
})
