import { gzipSync } from 'node:zlib'
import { digestOf } from '@sallyport/core'
import { createTarWriter } from '@sallyport/image'
import { describe, expect, it } from 'vitest'
import { decodeLayerFacts } from './cache/decode-layer-facts.ts'
import { encodeLayerFacts } from './cache/encode-layer-facts.ts'
import { maxKeptImageBytes } from './internal/limits.ts'
import { inventoryImage } from './inventory-image.ts'
import type { InventoryProgress } from './inventory-progress.ts'
import { layeredImage, memoryCache } from './layers.fixture.ts'

const manifestOf = (name: string) =>
  createTarWriter()
    .add({
      type: 'file',
      path: `app/node_modules/${name}/package.json`,
      data: `{"name":"${name}","version":"1.0.0"}`,
    })
    .finish()
const [one, two, three] = [manifestOf('one'), manifestOf('two'), manifestOf('three')]

const namesOf = async (
  image: ReturnType<typeof layeredImage>,
  options: Parameters<typeof inventoryImage>[2],
) => (await inventoryImage(image.source, image.raw, options)).packages.map(({ name }) => name)

describe('inventoryImage', () => {
  it('reads of another image only the layers that it does not share', async () => {
    const cache = memoryCache()
    await namesOf(layeredImage([one]), { cache })
    const image = layeredImage([one, two, one])
    const events: InventoryProgress[] = []
    expect(await namesOf(image, { cache, onProgress: (event) => events.push(event) })).toEqual(['one', 'two'])
    expect(image.read).toEqual([image.layers[1]!.digest])
    expect(
      events.flatMap((event) => (event.type === 'layer-known' ? [[event.layer, event.from]] : [])),
    ).toEqual([
      [0, 'cache'],
      [1, 'blob'],
    ])
  })

  it('does not take the word of a manifest for what a known layer is', async () => {
    const cache = memoryCache()
    await namesOf(layeredImage([one]), { cache })
    // The layer is another one, and the config claims that it is the known one.
    const other = ['two', 'six', 'ten', 'abc', 'xyz', 'eno', 'neo', 'oen']
      .map(manifestOf)
      .find((tar) => gzipSync(tar).length === gzipSync(one).length)
    const lying = layeredImage([other!], [digestOf(one)])
    await expect(namesOf(lying, { cache })).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
  })

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['cut', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['empty', () => new Uint8Array()],
    ['something else', () => Buffer.from('sallyport facts 2\n')],
  ])('reads the layer again when what is cached is %s, and mends the cache', async (_, change) => {
    const cache = memoryCache()
    const image = layeredImage([one])
    await namesOf(image, { cache })
    const [key, whole] = [...cache.entries][0]!
    cache.entries.set(key, change(whole))
    expect(await namesOf(image, { cache })).toEqual(['one'])
    expect(image.read).toHaveLength(2)
    expect(Buffer.compare(cache.entries.get(key)!, whole)).toBe(0)
  })

  it('does without a cache that fails, and says so', async () => {
    const events: InventoryProgress[] = []
    const failing = {
      get: () => Promise.reject(new Error('no access')),
      put: () => Promise.reject(new Error('no space')),
    }
    expect(
      await namesOf(layeredImage([one]), { cache: failing, onProgress: (event) => events.push(event) }),
    ).toEqual(['one'])
    expect(events.filter(({ type }) => type === 'cache-failed')).toHaveLength(2)
  })

  it('holds the limits for cached layers as for those that are read', async () => {
    const cache = memoryCache()
    const image = layeredImage([one, two])
    const limits = { maxImageBytes: one.length + 1 }
    for (let round = 0; round < 2; round += 1) {
      await expect(namesOf(image, { cache, limits })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    }
    await namesOf(image, { cache })
    await expect(namesOf(image, { cache, limits: { maxEntries: 0 } })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it.each([
    ['in the cache', 1, 0],
    ['in the cache and the layers', 0, 1],
  ])('bounds what is held of all layers %s as soon as it comes', async (_title, more, reads) => {
    const cache = memoryCache()
    await namesOf(layeredImage([one]), { cache })
    const [key, bytes] = [...cache.entries][0]!
    const facts = (await decodeLayerFacts(key, bytes))!
    expect(facts.heldBytes).toBeGreaterThan(0)
    const heldBytes = maxKeptImageBytes + more
    cache.entries.set(key, await encodeLayerFacts(key, { ...facts, heldBytes }))
    const image = layeredImage([one, two, three])
    await expect(namesOf(image, { cache })).rejects.toMatchObject({
      name: 'InventoryError',
      code: 'LIMIT_EXCEEDED',
    })
    expect(image.read.length).toBeGreaterThanOrEqual(reads)
    if (reads === 0) expect(image.read).toEqual([])
  })

  it('rejects with the reason of an abort', async () => {
    const controller = new AbortController()
    const aborted = namesOf(layeredImage([one]), {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(aborted).rejects.toThrow('enough')
  })
})
