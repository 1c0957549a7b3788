import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, digestAlgorithm, digestHex, toDigest } from '@sallyport/core'
import type { ContentStorage, PendingContent } from './content-storage.ts'

/** Keeps content in `directory/blobs/<algorithm>/<hex>`; never holds more than a chunk in memory. */
export async function createDirectoryStorage(directory: string): Promise<ContentStorage> {
  const uploads = join(directory, 'uploads')
  await Promise.all([
    mkdir(join(directory, 'blobs', 'sha256'), { recursive: true }),
    mkdir(join(directory, 'blobs', 'sha512'), { recursive: true }),
    // Sessions live in this process only, so files of an earlier one can never be finished.
    rm(uploads, { recursive: true, force: true }).then(() => mkdir(uploads, { recursive: true })),
  ])
  const pathOf = (digest: Digest) => join(directory, 'blobs', digestAlgorithm(digest), digestHex(digest))
  return {
    async size(digest) {
      try {
        return (await stat(pathOf(digest))).size
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    open: (digest, start, end) => readFileRange(pathOf(digest), start, end),
    create: () => createPendingFile(join(uploads, randomUUID()), pathOf),
    delete: (digest) => rm(pathOf(digest), { force: true }),
  }
}

async function* readFileRange(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (end >= start) yield* createReadStream(path, { start, end, highWaterMark: 256 * 1024 })
}

async function createPendingFile(path: string, pathOf: (digest: Digest) => string): Promise<PendingContent> {
  const file = await open(path, 'wx')
  const hash = createHash('sha256')
  let size = 0
  return {
    get size() {
      return size
    },
    async append(chunk) {
      await file.writeFile(chunk)
      hash.update(chunk)
      size += chunk.byteLength
    },
    async digest(algorithm) {
      if (algorithm === 'sha256') return toDigest(hash.copy())
      const again = createHash(algorithm)
      for await (const chunk of readFileRange(path, 0, size - 1)) again.update(chunk)
      return toDigest(again, algorithm)
    },
    async commit(digest) {
      await file.close()
      await rename(path, pathOf(digest))
    },
    async discard() {
      await file.close()
      await rm(path, { force: true })
    },
  }
}
