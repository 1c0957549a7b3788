import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attachAttestation,
  attachSignature,
  createStatement,
  generateSigningKey,
  keySigner,
  readEvidence,
  type StorageMode,
} from '@sallyport/attest'
import { copy } from '@sallyport/oci'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, cosignOffline, cosignPassphrase, createCosignHome } from './cosign-home.ts'
import { type EvidencePlace, evidenceRegistries, type EvidenceRegistry } from './evidence-registry.ts'
import { sampleAttestations } from './sample-attestations.ts'
import { singleImage } from './samples.ts'

const subject = singleImage.raw.descriptor
const pair = generateSigningKey({ passphrase: cosignPassphrase })
const signer = keySigner(pair.privateKey, { passphrase: cosignPassphrase })
const createdAt = new Date('2026-03-01T12:00:00Z')
const modes: readonly StorageMode[] = ['bundle', 'legacy', 'both']
const attached = sampleAttestations.filter(({ type }) => type === 'cyclonedx' || type === 'vuln')
const tags = '--new-bundle-format=false'

/** What `cosign tree` prints, without what differs with the place, in an order of its own. */
const shownBy = (tree: string, name: string): readonly string[] =>
  tree
    .trim()
    .split(/\n(?=└)/)
    .map((group) => group.replaceAll(name, 'app').replaceAll(/(?<=@|🍒 )sha256:[0-9a-f]{64}/g, 'digest'))
    .toSorted()

/** JSON documents, one a line. */
const linesOf = (output: string): readonly Record<string, unknown>[] =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe.each(evidenceRegistries)('in $name', ({ start, referrersApi }) => {
  let directory: string
  let cosign: CosignHome
  let registry: EvidenceRegistry
  const ours = new Map<StorageMode, EvidencePlace>()
  const run = (command: string, ...args: readonly string[]): Promise<string> =>
    cosign.run(...command.split(' '), '--allow-http-registry', ...args)
  const verify = (image: string, ...flags: readonly string[]): Promise<string> =>
    run('verify', '--key', 'release.pub', '--insecure-ignore-tlog=true', ...flags, image)

  async function attach(repository: string, mode: StorageMode): Promise<EvidencePlace> {
    const place = await registry.push(repository, singleImage)
    const options = { mode, createdAt, settleMs: 0 }
    await attachSignature(place.repository, subject, signer, { ...options, reference: place.name })
    for (const { predicateType, predicate } of attached) {
      const statement = createStatement(
        [{ name: place.name, digest: subject.digest }],
        predicateType,
        predicate,
      )
      await attachAttestation(place.repository, subject, statement, signer, options)
    }
    return place
  }
  async function storesOf({ repository }: EvidencePlace): Promise<readonly string[]> {
    const report = await readEvidence(repository, subject.digest, { keys: [pair.publicKey] })
    expect(report.rejected).toEqual([])
    return report.verified.map(({ store }) => store).toSorted()
  }
  const placeAt = (name: string): Promise<EvidencePlace> => registry.push(name, singleImage)

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    cosign = await createCosignHome(join(directory, 'home'))
    await cosign.write('release.key', pair.privateKey)
    await cosign.write('release.pub', pair.publicKey)
    await cosign.write('other.pub', generateSigningKey().publicKey)
    for (const { type, predicate } of attached) await cosign.write(`${type}.json`, predicate)
    registry = await start(directory)
    for (const mode of modes) ours.set(mode, await attach(`ours/${mode}`, mode))
  })
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  it.each<[StorageMode, readonly (readonly string[])[]]>([
    ['bundle', [[]]],
    ['legacy', [[tags]]],
    ['both', [[], [tags]]],
  ])('cosign tree shows ours of mode %s as it shows its own', async (mode, runs) => {
    const theirs = await registry.push(`theirs/${mode}`, singleImage)
    for (const flags of runs) {
      const signing = ['--key', 'release.key', ...cosignOffline, ...flags]
      await run('sign', ...signing, theirs.image)
      for (const { type } of attached)
        await run('attest', '--type', type, '--predicate', `${type}.json`, ...signing, theirs.image)
    }
    const place = ours.get(mode)!
    const shown = shownBy(await run('tree', place.image), place.name)
    expect(shown).toHaveLength({ bundle: 4, legacy: 3, both: 6 }[mode])
    expect(shown).toEqual(shownBy(await run('tree', theirs.image), theirs.name))
  })

  it.each<[StorageMode, readonly string[]]>([
    ['bundle', ['mediaType']],
    ['legacy', ['signatures']],
    ['both', ['mediaType', 'signatures']],
  ])('cosign download attestation gives ours of mode %s by its type', async (mode, fields) => {
    const { image } = ours.get(mode)!
    for (const { type } of attached) {
      const found = linesOf(await run('download attestation', '--predicate-type', type, image))
      expect(found).toEqual(
        fields.map((field) => expect.objectContaining({ [field]: expect.anything() }) as object),
      )
    }
    await expect(run('download attestation', '--predicate-type', 'openvex', image)).rejects.toThrow(
      /no attestations with predicate type/,
    )
  })

  it.each<[StorageMode, number, string]>([
    ['bundle', 1 + attached.length, 'dsseEnvelope'],
    ['legacy', 1, 'Base64Signature'],
    ['both', 1 + attached.length, 'dsseEnvelope'],
  ])(
    'cosign download signature gives what is attached in mode %s: %i times a %s',
    async (mode, count, field) => {
      const found = linesOf(await run('download signature', ours.get(mode)!.image))
      expect(found.map((each) => field in each)).toEqual(Array.from({ length: count }, () => true))
    },
  )

  /** What a command of cosign takes along, and whether it can be verified where it comes to. */
  const moves: readonly (readonly [StorageMode, readonly string[]])[] = [
    ['bundle', []],
    ['legacy', ['legacy-attestation', 'legacy-attestation', 'legacy-signature']],
    ['both', ['legacy-attestation', 'legacy-attestation', 'legacy-signature']],
  ]
  it.each(moves)('cosign copy takes ours of mode %s along, but no bundles: %j', async (mode, stores) => {
    const name = `copied/${mode}`
    await run('copy', `${ours.get(mode)!.name}:1`, `${registry.host}/${name}:1`)
    const place = await placeAt(name)
    expect(await storesOf(place)).toEqual(stores)
    if (stores.length > 0) await verify(place.image)
    else await expect(verify(place.image)).rejects.toThrow(/no signatures found/)
  })

  it.each(modes)('we attach to what cosign copy has written, in mode %s', async (mode) => {
    const name = `continued/${mode}`
    await run('copy', `${ours.get('bundle')!.name}:1`, `${registry.host}/${name}:1`)
    const attaching = attach(name, mode)
    // cosign leaves the image under the very tag where such a registry's list of referrers belongs.
    if (!referrersApi && mode !== 'legacy')
      return expect(attaching).rejects.toMatchObject({ code: 'TAG_CONFLICT' })
    const { image } = await attaching
    for (const flags of mode === 'both' ? [[], [tags]] : [[]])
      expect(await verify(image, ...flags)).toContain(subject.digest)
  })

  it.each(modes)('our copy takes ours of mode %s along, for cosign and us', async (mode) => {
    const source = ours.get(mode)!
    const target = await placeAt(`promoted/${mode}`)
    await copy(source.repository, target.repository, { from: '1', tag: '1' })
    expect(await storesOf(target)).toEqual(await storesOf(source))
    await verify(target.image)
    if (mode === 'both') await verify(target.image, tags)
  })

  it.each<[StorageMode, number]>([
    ['bundle', 1 + attached.length],
    ['legacy', 1],
    ['both', 1 + attached.length],
  ])('cosign save keeps ours of mode %s, to be verified without a registry: %i', async (mode, count) => {
    const folder = `kept-${mode}`
    await run('save', '--dir', folder, ours.get(mode)!.image)
    const verifyFolder = (key: string): Promise<string> =>
      cosign.run('verify', '--local-image', '--key', key, '--insecure-ignore-tlog=true', folder)
    expect(JSON.parse(await verifyFolder('release.pub'))).toHaveLength(count)
    await expect(verifyFolder('other.pub')).rejects.toThrow(
      /invalid signature|accepted signatures do not match/,
    )
  })

  it.each(moves.slice(1))('cosign save and load take ours of mode %s along, as %j', async (mode, stores) => {
    const name = `loaded/${mode}`
    await run('save', '--dir', `saved-${mode}`, ours.get(mode)!.image)
    await run('load', '--dir', `saved-${mode}`, `${registry.host}/${name}:1`)
    const place = await placeAt(name)
    expect(await storesOf(place)).toEqual(stores)
    await verify(place.image)
  })

  it('cosign load can bring neither our bundles nor its own to such a registry', async () => {
    const theirs = await placeAt('theirs/saved')
    await run('sign', '--key', 'release.key', ...cosignOffline, theirs.image)
    for (const [at, { image }] of [ours.get('bundle')!, theirs].entries()) {
      await run('save', '--dir', `bundles-${at}`, image)
      const loading = run('load', '--dir', `bundles-${at}`, `${registry.host}/loaded/bundles-${at}:1`)
      // It sends the manifest before what the manifest refers to.
      await expect(loading).rejects.toThrow(/MANIFEST_BLOB_UNKNOWN/)
    }
  })

  it.each(modes)('cosign clean removes ours of mode %s, and we attach it again', async (mode) => {
    const place = await attach(`cleaned/${mode}`, mode)
    const before = await storesOf(place)
    expect(before).toHaveLength(mode === 'both' ? 6 : 3)
    await run('clean', '--force', place.image)
    expect(await storesOf(place)).toEqual([])
    await expect(verify(place.image)).rejects.toThrow(/no signatures found/)
    expect(await storesOf(await attach(`cleaned/${mode}`, mode))).toEqual(before)
    await verify(place.image)
  })
})
