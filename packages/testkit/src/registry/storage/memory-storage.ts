import { createHash } from 'node:crypto'
import { type Digest, toDigest } from '@sallyport/core'
import type { ContentStorage, PendingContent } from './content-storage.ts'

const stepBytes = 256 * 1024

/** Keeps content in the memory of the process. */
export function createMemoryStorage(): ContentStorage {
  const contents = new Map<string, Buffer>()
  const keyOf = (repository: string, digest: Digest) => `${repository}@${digest}`
  const find = (repository: string, digest: Digest) => {
    const content = contents.get(keyOf(repository, digest))
    if (!content) throw new Error(`no content ${digest} in ${repository}`)
    return content
  }
  return {
    async *open(repository, digest, start, end) {
      const content = find(repository, digest)
      for (let at = start; at <= end; at += stepBytes)
        yield content.subarray(at, Math.min(at + stepBytes, end + 1))
    },
    create: async () =>
      collectChunks((repository, digest, bytes) => contents.set(keyOf(repository, digest), bytes)),
    async share(digest, from, to) {
      contents.set(keyOf(to, digest), find(from, digest))
    },
    async delete(repository, digest) {
      contents.delete(keyOf(repository, digest))
    },
  }
}

function collectChunks(keep: (repository: string, digest: Digest, bytes: Buffer) => void): PendingContent {
  const chunks: Buffer[] = []
  const hash = createHash('sha256')
  let size = 0
  return {
    get size() {
      return size
    },
    async append(chunk) {
      chunks.push(Buffer.from(chunk))
      hash.update(chunk)
      size += chunk.byteLength
    },
    async digest(algorithm) {
      if (algorithm === 'sha256') return toDigest(hash.copy())
      const again = createHash(algorithm)
      for (const chunk of chunks) again.update(chunk)
      return toDigest(again, algorithm)
    },
    async commit(repository, digests) {
      const bytes = Buffer.concat(chunks)
      for (const digest of digests) keep(repository, digest, bytes)
    },
    async discard() {
      chunks.length = 0
    },
  }
}
