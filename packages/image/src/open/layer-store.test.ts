import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobReader } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testImage } from '../internal/test-image.ts'
import { createTarWriter } from '../tar/create-tar-writer.ts'
import { rewriteImage } from '../write/rewrite-image.ts'
import { createLayerStore, type LayerStore } from './layer-store.ts'
import { openImage } from './open-image.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'layer-store-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const tarOf = (path: string, data: string) => createTarWriter().add({ type: 'file', path, data }).finish()
const shared = tarOf('etc/base', 'base')
const web = testImage([shared, tarOf('app/web', 'web')])
const api = testImage([shared, tarOf('app/api', 'api')])
const sharedDigest = JSON.parse(Buffer.from(web.raw.bytes).toString()).layers[0].digest as string

/** Counts the reads of blobs; the first read of the shared layer waits until it is let go. */
function counted(source: BlobReader, wait: () => Promise<unknown> = async () => {}) {
  const reads: string[] = []
  return {
    reads,
    async *open(...[blob, options]: Parameters<BlobReader['open']>) {
      reads.push(blob.digest)
      if (blob.digest === sharedDigest) await wait()
      yield* source.open(blob, options)
    },
  }
}

const open = (
  image: { readonly raw: typeof web.raw },
  source: BlobReader,
  layerStore: LayerStore,
  signal?: AbortSignal,
) => openImage(source, image.raw, { directory, layerStore, signal })

describe('createLayerStore', () => {
  it('reads a layer once for images one after the other and at the same time', async () => {
    await using store = createLayerStore({ directory })
    const [one, other, later] = [counted(web.source), counted(api.source), counted(web.source)]
    const images = await Promise.all([open(web, one, store), open(api, other, store)])
    images.push(await open(web, later, store))
    const reads = [one, other, later].flatMap((source) => source.reads)
    expect(reads.filter((digest) => digest === sharedDigest)).toHaveLength(1)
    for (const image of images) {
      const base = image.tree.get('/etc/base')!
      expect(Buffer.from(await image.readFile(base)).toString()).toBe('base')
      const [layer] = image.manifest.layers
      expect(await readdir(join(image.layoutDirectory, 'blobs', 'sha256'))).toContain(
        layer!.digest.slice('sha256:'.length),
      )
      await image[Symbol.asyncDispose]()
    }
  })

  it('is no way around a limit, a diff id or a size that an image is opened with', async () => {
    await using store = createLayerStore({ directory })
    await using _first = await open(web, web.source, store)
    const limits = { maxImageBytes: 100 }
    await expect(
      openImage(web.source, web.raw, { directory, layerStore: store, limits }),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    const entries = { maxEntries: 0 } as const
    await expect(
      openImage(web.source, web.raw, { directory, layerStore: store, limits: entries }),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })

    const other = { rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } }
    const claimed = testImage([shared], { config: other })
    await expect(open(claimed, claimed.source, store)).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
    const layers = [{ ...JSON.parse(Buffer.from(web.raw.bytes).toString()).layers[0], size: 1 }]
    const cut = testImage([shared], { manifest: { layers } })
    await expect(open(cut, cut.source, store)).rejects.toMatchObject({ code: 'LAYER_CORRUPT' })
  })

  it('lets those who wait read it themselves when the first one fails, and keeps nothing of that', async () => {
    await using store = createLayerStore({ directory })
    const held = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const failing = counted(web.source, () => (begun.resolve(), held.promise))
    const one = open(web, failing, store)
    await begun.promise
    const other = open(api, api.source, store)
    held.reject(new Error('reset'))
    await expect(one).rejects.toThrow('reset')
    await using image = await other
    expect(image.tree.get('/app/api')).toBeDefined()
    await using again = await open(web, web.source, store)
    expect(again.tree.get('/app/web')).toBeDefined()
  })

  it('stops to wait when it is aborted, while the first one goes on', async () => {
    await using store = createLayerStore({ directory })
    const held = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const slow = counted(web.source, () => (begun.resolve(), held.promise))
    const first = open(web, slow, store)
    await begun.promise
    const controller = new AbortController()
    const second = open(api, api.source, store, controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(second).rejects.toBe(reason)
    held.resolve()
    await using image = await first
    expect(image.tree.get('/etc/base')).toBeDefined()
  })

  it('keeps no more than it may, but never lets go of what an image uses', async () => {
    await using store = createLayerStore({ directory, maxBytes: 1 })
    const source = counted(web.source)
    const image = await open(web, source, store)
    const another = await open(api, api.source, store)
    await another[Symbol.asyncDispose]()
    expect(Buffer.from(await image.readFile(image.tree.get('/etc/base')!)).toString()).toBe('base')
    await image[Symbol.asyncDispose]()
    expect(store.bytes).toBe(0)
    const again = await open(web, source, store)
    await again[Symbol.asyncDispose]()
    expect(source.reads.filter((digest) => digest === sharedDigest)).toHaveLength(2)
  })

  it('gives what is rewritten files of its own, and is gone when it is disposed', async () => {
    const store = createLayerStore({ directory })
    const image = await open(web, web.source, store)
    const edit = { remove: new Set(['/app/web']), replace: new Map(), createdBy: 'test' }
    await using result = await rewriteImage(image, edit, { directory })
    const rewritten = result.image
    await image[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    expect(Buffer.from(await rewritten.readFile(rewritten.tree.get('/etc/base')!)).toString()).toBe('base')
    const [layer] = rewritten.manifest.layers
    const path = join(rewritten.layoutDirectory, 'blobs', 'sha256', layer!.digest.slice('sha256:'.length))
    expect((await readFile(path)).byteLength).toBe(layer!.size)
    expect((await readdir(directory)).filter((name) => name.startsWith('sallyport-layers'))).toEqual([])
  })
})
