import { type Descriptor, type Digest, mediaTypes } from '@sallyport/core'
import { parseManifest, type Repository, toRawManifest } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { startSampleRepository, writesOf } from '../testing/sample-repository.ts'
import type { StoredEvidence } from './evidence-place.ts'
import { legacyTag } from './legacy-tag.ts'
import { createTagPlace, type LegacyLayer } from './tag-place.ts'
import { writeBlob } from './write-blob.ts'

const layer = (text: string): LegacyLayer => ({
  suffix: 'att',
  mediaType: 'application/vnd.dsse.envelope.v1+json',
  bytes: Buffer.from(text),
  annotations: { by: text },
})

const imageOf = (config: Descriptor, own: Descriptor) => ({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config,
  layers: [own],
})

const asRaw = (manifest: object) => toRawManifest(Buffer.from(JSON.stringify(manifest)))

/** Lets all of so many callers arrive before any goes on; later ones pass. */
function createBarrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let arrived = 0
  return async () => {
    if (++arrived === count) resolve()
    await promise
  }
}

/** Repositories whose owners all read the tag before any writes, and all write before any reads back. */
function inLockstep(repository: Repository, count: number): Repository[] {
  const [read, write] = [createBarrier(count), createBarrier(count)]
  return Array.from({ length: count }, () =>
    Object.assign(Object.create(repository) as Repository, {
      async findManifest(...args: Parameters<Repository['findManifest']>) {
        const found = await repository.findManifest(...args)
        await read()
        return found
      },
      async putManifest(...args: Parameters<Repository['putManifest']>) {
        try {
          await repository.putManifest(...args)
        } finally {
          await write()
        }
      },
    }),
  )
}

async function layersUnder(repository: Repository, tag: string): Promise<readonly Descriptor[]> {
  return parseManifest(await repository.getManifest(tag)).layers
}

/** Adds a layer and looks for it until nobody can displace it any more. */
async function addLayer(
  repository: Repository,
  subject: Digest,
  added: LegacyLayer,
  { settleMs, signal }: { readonly settleMs: number; readonly signal?: AbortSignal | undefined },
): Promise<StoredEvidence | undefined> {
  const place = createTagPlace(repository, legacyTag(subject, 'att'), settleMs)
  const [stored] = await place.add([added], signal)
  while (place.atRiskMs() > 0) await place.restore(signal)
  return stored
}

describe('createTagPlace', () => {
  it.each([2, 4])('keeps the layers of %i writers that overwrite each other', async (count) => {
    await using target = await startSampleRepository()
    const names = Array.from({ length: count }, (_, index) => `writer ${index}`)
    const repositories = inLockstep(target.repository, count)
    const stored = await Promise.all(
      repositories.map((repository, index) =>
        addLayer(repository, target.subject.digest, layer(names[index] ?? ''), { settleMs: 20 }),
      ),
    )
    const layers = await layersUnder(target.repository, legacyTag(target.subject.digest, 'att'))
    expect(layers.map(({ annotations }) => annotations?.['by']).sort()).toEqual(names)
    expect(layers.map(({ digest }) => digest).sort()).toEqual(stored.map((each) => each?.blob).sort())
  })

  it('keeps the layers and annotations that others put there', async () => {
    await using target = await startSampleRepository()
    const { repository, subject } = target
    const tag = legacyTag(subject.digest, 'att')
    const config = await writeBlob(repository, mediaTypes.ociConfig, Buffer.from('{"os":"x"}'), undefined)
    const theirs = {
      ...(await writeBlob(repository, 'application/x-other', Buffer.from('theirs'), undefined)),
      annotations: { note: 'kept' },
    }
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [theirs] }
    await repository.putManifest(asRaw({ ...manifest, annotations: { of: 'theirs' } }), { tag })
    await addLayer(repository, subject.digest, layer('ours'), { settleMs: 0 })
    const after = parseManifest(await repository.getManifest(tag))
    expect(after.annotations).toEqual({ of: 'theirs' })
    expect(after.layers[0]).toEqual(theirs)
    expect(after.layers).toHaveLength(2)
  })

  it.each<[string, (config: Descriptor, layer: Descriptor) => object]>([
    ['an index', () => ({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] })],
    ['an image', (config, own) => imageOf(config, { ...own, mediaType: mediaTypes.ociLayerGzip })],
    [
      'a Docker image',
      (config, own) =>
        imageOf(config, { ...own, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }),
    ],
    ['an artifact', (config, own) => ({ ...imageOf(config, own), artifactType: 'application/x-artifact' })],
    ['a referrer', (config, own) => ({ ...imageOf(config, own), subject: own })],
  ])('leaves a tag alone that holds %s', async (_, manifestOf) => {
    await using target = await startSampleRepository()
    const { repository, subject } = target
    const tag = legacyTag(subject.digest, 'att')
    const config = await writeBlob(repository, mediaTypes.ociConfig, Buffer.from('{}'), undefined)
    const own = await writeBlob(repository, 'application/x-other', Buffer.from('theirs'), undefined)
    const manifest = asRaw(manifestOf(config, own))
    await repository.putManifest(manifest, { tag })
    await expect(addLayer(repository, subject.digest, layer('ours'), { settleMs: 0 })).rejects.toMatchObject({
      code: 'STORE_CONFLICT',
    })
    expect(target.registry.resolve('team/app', tag)).toBe(manifest.descriptor.digest)
  })

  it('adds what fits into a manifest that registries take, and refuses the rest', async () => {
    await using target = await startSampleRepository()
    const { repository, subject } = target
    const place = createTagPlace(repository, legacyTag(subject.digest, 'att'), 0)
    const large = (name: string, kibibytes: number): LegacyLayer => ({
      ...layer(name),
      annotations: { by: name, filler: 'x'.repeat(kibibytes * 1024) },
    })
    await place.add([large('first', 3000)], undefined)
    const added = place.add([large('too large', 1200), large('second', 900)], undefined)
    await expect(added).rejects.toMatchObject({ name: 'AttestError', code: 'LIMIT_EXCEEDED' })
    const layers = await layersUnder(repository, legacyTag(subject.digest, 'att'))
    expect(layers.map(({ annotations }) => annotations?.['by'])).toEqual(['first', 'second'])
  })

  it('gives up when others always overwrite it', async () => {
    await using target = await startSampleRepository()
    let writes = 0
    const hostile = Object.assign(Object.create(target.repository) as Repository, {
      putManifest: () => {
        writes++
        return Promise.resolve()
      },
    })
    await expect(
      addLayer(hostile, target.subject.digest, layer('ours'), { settleMs: 0 }),
    ).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
    expect(writes).toBe(60)
  })

  it('writes two layers at once, and none that is there', async () => {
    await using target = await startSampleRepository()
    const tag = legacyTag(target.subject.digest, 'att')
    const place = createTagPlace(target.repository, tag, 400)
    const isWrite = (each: string): boolean => each.startsWith('PUT') && each.endsWith(tag)
    await place.add([layer('one'), layer('two')], undefined)
    // The first was to see whether the registry refuses what it should.
    expect(writesOf(target.registry).filter(isWrite)).toHaveLength(2)
    expect(place.atRiskMs()).toBe(0)
    await place.add([layer('two'), layer('three')], undefined)
    await place.add([layer('three')], undefined)
    expect(writesOf(target.registry).filter(isWrite)).toHaveLength(3)
    const layers = await layersUnder(target.repository, tag)
    expect(layers.map(({ annotations }) => annotations?.['by'])).toEqual(['one', 'two', 'three'])
  })

  it('stores again what another writer displaced, of that one too, where the registry lets it happen', async () => {
    await using target = await startSampleRepository({ conditionalRequests: false })
    const tag = legacyTag(target.subject.digest, 'att')
    const place = createTagPlace(target.repository, tag, 400)
    await place.add([layer('first')], undefined)
    const early = await target.repository.getManifest(tag)
    await place.add([layer('second')], undefined)
    expect(place.atRiskMs()).toBeGreaterThanOrEqual(400)
    await target.repository.putManifest(early, { tag })
    expect(await place.restore(undefined)).toBe(true)
    expect(place.atRiskMs()).toBeGreaterThanOrEqual(400)
    expect(await place.restore(undefined)).toBe(false)
    expect(place.atRiskMs()).toBe(0)
    const layers = await layersUnder(target.repository, tag)
    expect(layers.map(({ annotations }) => annotations?.['by'])).toEqual(['first', 'second'])
  })
})
