import { digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { readEvidence } from '@sallyport/attest'
import { parseIndex, type Repository } from '@sallyport/oci'
import {
  createImage,
  createImageIndex,
  type GeneratedImage,
  pushImage,
  startRegistry,
} from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { debianImage, usualPackages } from './debian-image.fixture.ts'
import { noCritical, openTestGate, scannerFor } from './test-gate.fixture.ts'

const { leftover: _, ...lean } = usualPackages
/** With `lean` packages there is nothing to remove. */
const imageOf = (platform: string, packages = lean) => createImage(debianImage({ platform, packages }))
const both = (packages = lean) =>
  createImageIndex({
    'linux/amd64': imageOf('linux/amd64', packages),
    'linux/arm64': imageOf('linux/arm64', packages),
  })

function toRaw(mediaType: string, value: object): RawManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }))
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength } }
}

/** Pushes the index with one more entry of platform unknown/unknown, as build tools add. */
async function pushWithEntry(
  repository: Repository,
  index: GeneratedImage,
  added: RawManifest,
): Promise<RawManifest> {
  await pushImage(repository, index)
  const { manifests } = parseIndex(index.raw)
  const platform = { os: 'unknown', architecture: 'unknown' }
  const raw = toRaw(mediaTypes.ociIndex, { manifests: [...manifests, { ...added.descriptor, platform }] })
  await repository.putManifest(added)
  await repository.putManifest(raw, { tag: '1' })
  return raw
}

async function writeAttestation(repository: Repository): Promise<RawManifest> {
  const blobs = ['{"architecture":"unknown","os":"unknown"}', '{"_type":"https://in-toto.io/Statement/v1"}']
  const [config, layer] = await Promise.all(
    blobs.map(async (text, position) => {
      const mediaType = position === 0 ? mediaTypes.ociConfig : 'application/vnd.in-toto+json'
      const blob = { mediaType, digest: digestOf(text), size: text.length }
      await repository.write(
        blob,
        (async function* () {
          yield Buffer.from(text)
        })(),
      )
      return blob
    }),
  )
  return toRaw(mediaTypes.ociManifest, { config, layers: [layer] })
}

async function openIndexTest() {
  const registry = await startRegistry()
  const gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  return {
    registry,
    gate,
    from,
    to,
    source: gate.repository(from),
    async [Symbol.asyncDispose]() {
      await registry.close()
      await gate[Symbol.asyncDispose]()
    },
  }
}

describe('promote of an index', () => {
  it('promotes every platform, with evidence on each image and on the index', async () => {
    await using test = await openIndexTest()
    await pushImage(test.source, both(usualPackages), '1')
    const outcome = await test.gate.promote({ from: test.from, to: test.to })
    if (outcome.verdict !== 'pass') throw new Error(JSON.stringify(outcome))
    const target = test.gate.repository(test.to)
    const index = parseIndex(await target.getManifest('1'))
    expect(index.manifests.map(({ digest, platform }) => [platform?.architecture, digest])).toEqual(
      outcome.platforms.map(({ platform, after }) => [platform.architecture, after.digest]),
    )
    expect(index.annotations).toMatchObject({ 'org.opencontainers.image.base.digest': outcome.sourceDigest })
    for (const subject of [outcome.digest, ...index.manifests.map(({ digest }) => digest)]) {
      const { verified } = await readEvidence(target, subject, { keys: [test.gate.keys.release] })
      const types = verified.map(({ statement }) => statement.predicateType)
      expect(new Set(types)).toEqual(
        new Set(['https://slsa.dev/verification_summary/v1', 'https://sigstore.dev/cosign/sign/v1']),
      )
    }
  })

  it('promotes nothing when one platform fails, and the one quarantine record names it', async () => {
    await using test = await openIndexTest()
    const { hello, ...others } = lean
    const flawed = { ...others, flawed: hello! }
    const images = { 'linux/amd64': imageOf('linux/amd64'), 'linux/arm64': imageOf('linux/arm64', flawed) }
    await pushImage(test.source, createImageIndex(images), '1')
    const outcome = await test.gate.promote({
      from: test.from,
      to: test.to,
      scanners: [scannerFor('flawed')],
    })
    expect(outcome.verdict).toBe('fail')
    expect(test.registry.snapshot()).not.toHaveProperty('prod/app')
    const { items } = await test.gate.quarantine.list()
    expect(items).toHaveLength(1)
    const { record } = (await test.gate.quarantine.get(items[0]!.id))!
    const reasons = record.decision.reasons.filter(({ effect }) => effect === 'fail')
    expect(reasons).toMatchObject([{ findings: [{ package: 'flawed', file: '/usr/bin/hello' }] }])
    expect(reasons[0]!.message).toContain('linux/arm64')
    expect(record.explanation).toContain('linux/arm64')
    expect(record.platforms.map(({ decision }) => decision.verdict)).toEqual(['pass', 'fail'])
  })

  it('keeps the digest of an unchanged index, and takes attached documents along', async () => {
    await using test = await openIndexTest()
    const attestation = await writeAttestation(test.source)
    const raw = await pushWithEntry(test.source, both(), attestation)
    const outcome = await test.gate.promote({ from: test.from, to: test.to })
    expect(outcome).toMatchObject({ verdict: 'pass', digest: raw.descriptor.digest })
    const { manifests, blobs } = test.registry.snapshot()['prod/app']!
    expect(manifests).toContain(attestation.descriptor.digest)
    const held = JSON.parse(Buffer.from(attestation.bytes).toString()) as { layers: { digest: string }[] }
    expect(blobs).toContain(held.layers[0]!.digest)
  })

  it('judges what claims to be no image, although its layers are called JSON', async () => {
    await using test = await openIndexTest()
    const flawed = imageOf('linux/amd64', { ...lean, flawed: lean.hello! })
    await pushImage(test.source, flawed)
    const manifest = JSON.parse(Buffer.from(flawed.raw.bytes).toString()) as {
      layers: { mediaType: string }[]
    }
    for (const layer of manifest.layers) layer.mediaType = 'application/vnd.oci.image.layer.v1.tar+json'
    const hidden = toRaw(mediaTypes.ociManifest, manifest)
    await pushWithEntry(test.source, both(), hidden)
    const outcome = await test.gate.promote({ from: test.from, to: test.to })
    expect(outcome).toMatchObject({ verdict: 'error' })
    expect(test.registry.snapshot()).not.toHaveProperty('prod/app')
  })

  it.each([
    ['planned', 'plan'],
    ['promoted', 'promote'],
  ] as const)('is not %s with layers of a file system that are called documents', async (_title, run) => {
    await using test = await openIndexTest()
    const flawed = imageOf('linux/amd64', { ...lean, flawed: lean.hello! })
    await pushImage(test.source, flawed)
    const manifest = JSON.parse(Buffer.from(flawed.raw.bytes).toString()) as {
      layers: { mediaType: string }[]
    }
    for (const layer of manifest.layers) layer.mediaType = 'application/vnd.in-toto+json'
    const hidden = toRaw(mediaTypes.ociManifest, manifest)
    await pushWithEntry(test.source, both(), hidden)
    const outcome = await Promise.resolve(test.gate[run]({ from: test.from, to: test.to })).catch(
      (error: unknown) => ({ verdict: 'error', error }),
    )
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'OPTIONS_INVALID', side: 'source' } })
    expect(test.registry.snapshot()).not.toHaveProperty('prod/app')
  })

  it.each([
    ['of the index', true],
    ['of somewhere else', false],
  ])('takes documents along that are attached to an image %s: %s', async (_title, isOwn) => {
    await using test = await openIndexTest()
    const subject = (isOwn ? imageOf('linux/amd64') : imageOf('linux/riscv64')).raw.descriptor
    const plain = await writeAttestation(test.source)
    const manifest = JSON.parse(Buffer.from(plain.bytes).toString()) as object
    await pushWithEntry(test.source, both(), toRaw(mediaTypes.ociManifest, { ...manifest, subject }))
    const outcome = await test.gate.promote({ from: test.from, to: test.to })
    expect(outcome).toMatchObject(
      isOwn ? { verdict: 'pass' } : { verdict: 'error', error: { code: 'OPTIONS_INVALID' } },
    )
  })

  it('leaves attached documents out when they describe images that were changed', async () => {
    await using test = await openIndexTest()
    const attestation = await writeAttestation(test.source)
    await pushWithEntry(test.source, both(usualPackages), attestation)
    const outcome = await test.gate.promote({ from: test.from, to: test.to })
    expect(outcome).toMatchObject({ verdict: 'pass' })
    expect(test.registry.snapshot()['prod/app']!.manifests).not.toContain(attestation.descriptor.digest)
    expect(parseIndex(await test.gate.repository(test.to).getManifest('1')).manifests).toHaveLength(2)
  })

  it('judges an image that claims to be of no platform', async () => {
    await using test = await openIndexTest()
    const flawed = { ...lean, flawed: { version: '1', files: { '/usr/bin/flawed': 'x' } } }
    const hidden = imageOf('linux/amd64', flawed)
    await pushImage(test.source, hidden)
    await pushWithEntry(test.source, both(), hidden.raw)
    const options = { from: test.from, to: test.to, scanners: [scannerFor('flawed')], harden: false }
    expect(await test.gate.promote(options)).toMatchObject({ verdict: 'fail' })
    expect(test.registry.snapshot()).not.toHaveProperty('prod/app')
  })

  it('promotes only the platforms that are asked for', async () => {
    await using test = await openIndexTest()
    await pushImage(test.source, both(), '1')
    const outcome = await test.gate.promote({ from: test.from, to: test.to, platforms: ['linux/arm64'] })
    expect(outcome).toMatchObject({ verdict: 'pass', platforms: [{ platform: { architecture: 'arm64' } }] })
    const { manifests } = parseIndex(await test.gate.repository(test.to).getManifest('1'))
    expect(manifests.map(({ digest }) => digest)).toEqual([imageOf('linux/arm64').raw.descriptor.digest])
    expect(test.registry.snapshot()['prod/app']!.manifests).not.toContain(
      imageOf('linux/amd64').raw.descriptor.digest,
    )
  })

  it.each([
    ['an index without an image', () => toRaw(mediaTypes.ociIndex, { manifests: [] })],
    [
      'an index in an index',
      () =>
        toRaw(mediaTypes.ociIndex, {
          manifests: [both().raw.descriptor, imageOf('linux/amd64').raw.descriptor],
        }),
    ],
    [
      'an index that attaches itself to another image',
      () => {
        const { descriptor } = imageOf('linux/amd64').raw
        return toRaw(mediaTypes.ociIndex, { manifests: [descriptor], subject: descriptor })
      },
    ],
    [
      'an image that does',
      () => {
        const { raw } = imageOf('linux/amd64')
        const manifest = JSON.parse(Buffer.from(raw.bytes).toString()) as object
        return toRaw(mediaTypes.ociManifest, { ...manifest, subject: raw.descriptor })
      },
    ],
    [
      'more entries than anybody needs',
      () =>
        toRaw(mediaTypes.ociIndex, {
          manifests: Array.from({ length: 129 }, () => imageOf('linux/amd64').raw.descriptor),
        }),
    ],
  ])('refuses %s', async (_title, make) => {
    await using test = await openIndexTest()
    await pushImage(test.source, both())
    await test.source.putManifest(make(), { tag: '1' })
    const outcome = await test.gate.promote({ from: test.from, to: test.to, policy: noCritical() })
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'OPTIONS_INVALID', side: 'source' } })
    expect(test.registry.snapshot()).not.toHaveProperty('prod/app')
  })
})
