import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { type BlobReader, type Descriptor, digestHex, digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folderBlobCache } from './blob-cache.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-blobs-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const blobOf = (content: string): Descriptor => ({
  mediaType: 'text/plain',
  digest: digestOf(content),
  size: content.length,
})
const read = (reader: BlobReader, blob: Descriptor, signal?: AbortSignal) =>
  text(Readable.from(reader.open(blob, { signal })))

/** Counts what is asked of it; each read waits until it is let go. */
function sourceOf(content: string, wait: () => Promise<unknown> = async () => {}) {
  const source = {
    reads: 0,
    async *open() {
      source.reads++
      yield Buffer.from(content.slice(0, 1))
      await wait()
      yield Buffer.from(content.slice(1))
    },
  }
  return source
}

describe('folderBlobCache', () => {
  it('fetches a blob once, whoever asks, one after the other or at the same time', async () => {
    const source = sourceOf('layer')
    const cache = folderBlobCache({ directory })
    const readers = [cache.reader(source), cache.reader(source), cache.reader(source)]
    expect(await Promise.all(readers.map((reader) => read(reader, blobOf('layer'))))).toEqual([
      'layer',
      'layer',
      'layer',
    ])
    expect(await read(cache.reader(source), blobOf('layer'))).toBe('layer')
    expect(source.reads).toBe(1)
  })

  it('keeps nothing of a fetch that failed, and lets the next one try', async () => {
    const cache = folderBlobCache({ directory })
    const failing = sourceOf('layer', () => Promise.reject(new Error('reset')))
    const source = sourceOf('layer')
    const [one, other] = await Promise.allSettled([
      read(cache.reader(failing), blobOf('layer')),
      read(cache.reader(source), blobOf('layer')),
    ])
    expect(one).toMatchObject({ status: 'rejected', reason: { message: 'reset' } })
    expect(other).toEqual({ status: 'fulfilled', value: 'layer' })
    expect(await readdir(directory)).toEqual([`sha256-${digestHex(digestOf('layer'))}`])
  })

  it('stops to wait when it is aborted', async () => {
    const cache = folderBlobCache({ directory })
    const held = Promise.withResolvers<void>()
    const first = read(cache.reader(sourceOf('layer', () => held.promise)), blobOf('layer'))
    const controller = new AbortController()
    const second = read(cache.reader(sourceOf('layer')), blobOf('layer'), controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(second).rejects.toBe(reason)
    held.resolve()
    expect(await first).toBe('layer')
  })

  it('fetches again what has not the size that it should have', async () => {
    const cache = folderBlobCache({ directory })
    await writeFile(join(directory, `sha256-${digestHex(digestOf('layer'))}`), 'lay')
    expect(await read(cache.reader(sourceOf('layer')), blobOf('layer'))).toBe('layer')
  })

  it('grows no larger than it may: what came first goes first, and what is too large is not kept', async () => {
    const cache = folderBlobCache({ directory, maxBytes: 8 })
    for (const content of ['first', 'second', 'too large to keep']) {
      expect(await read(cache.reader(sourceOf(content)), blobOf(content))).toBe(content)
    }
    expect(await readdir(directory)).toEqual([`sha256-${digestHex(digestOf('second'))}`])
  })
})
