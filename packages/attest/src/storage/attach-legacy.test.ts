import { type Descriptor, mediaTypes } from '@sallyport/core'
import { parseManifest, type Repository, toRawManifest } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { startSampleRepository } from '../testing/sample-repository.ts'
import { attachLegacy, type LegacyLayer } from './attach-legacy.ts'
import { legacyTag } from './legacy-tag.ts'
import { writeBlob } from './write-blob.ts'

const layer = (text: string): LegacyLayer => ({
  suffix: 'att',
  mediaType: 'application/vnd.dsse.envelope.v1+json',
  bytes: Buffer.from(text),
  annotations: { by: text },
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

describe('attachLegacy', () => {
  it.each([2, 4])('keeps the layers of %i writers that overwrite each other', async (count) => {
    await using target = await startSampleRepository()
    const names = Array.from({ length: count }, (_, index) => `writer ${index}`)
    const repositories = inLockstep(target.repository, count)
    const stored = await Promise.all(
      repositories.map((repository, index) =>
        attachLegacy(repository, target.subject.digest, layer(names[index] ?? ''), { settleMs: 20 }),
      ),
    )
    const layers = await layersUnder(target.repository, legacyTag(target.subject.digest, 'att'))
    expect(layers.map(({ annotations }) => annotations?.['by']).sort()).toEqual(names)
    expect(layers.map(({ digest }) => digest).sort()).toEqual(stored.map(({ blob }) => blob).sort())
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
    await attachLegacy(repository, subject.digest, layer('ours'), { settleMs: 0 })
    const after = parseManifest(await repository.getManifest(tag))
    expect(after.annotations).toEqual({ of: 'theirs' })
    expect(after.layers[0]).toEqual(theirs)
    expect(after.layers).toHaveLength(2)
  })

  it('leaves a tag alone that holds something else', async () => {
    await using target = await startSampleRepository()
    const { repository, subject } = target
    const tag = legacyTag(subject.digest, 'att')
    const index = asRaw({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] })
    await repository.putManifest(index, { tag })
    await expect(
      attachLegacy(repository, subject.digest, layer('ours'), { settleMs: 0 }),
    ).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
    expect(target.registry.resolve('team/app', tag)).toBe(index.descriptor.digest)
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
      attachLegacy(hostile, target.subject.digest, layer('ours'), { settleMs: 0 }),
    ).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
    expect(writes).toBe(60)
  })

  it('stops while it waits when the signal says so', async () => {
    await using target = await startSampleRepository()
    const controller = new AbortController()
    const reason = new Error('shutting down')
    const repository = Object.assign(Object.create(target.repository) as Repository, {
      async putManifest(...args: Parameters<Repository['putManifest']>) {
        await target.repository.putManifest(...args)
        setImmediate(() => controller.abort(reason))
      },
    })
    await expect(
      attachLegacy(repository, target.subject.digest, layer('ours'), {
        settleMs: 60_000,
        signal: controller.signal,
      }),
    ).rejects.toBe(reason)
  })
})
