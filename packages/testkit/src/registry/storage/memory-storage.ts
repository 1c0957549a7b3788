import { type Digest, digestOf } from '@sallyport/core'
import type { ContentStorage } from './content-storage.ts'

/** Keeps content in the memory of the process. */
export function createMemoryStorage(): ContentStorage {
  const contents = new Map<Digest, Buffer>()
  return {
    size: async (digest) => contents.get(digest)?.byteLength,
    async *open(digest, start, end) {
      const content = contents.get(digest)
      if (!content) throw new Error(`no content ${digest}`)
      const step = 256 * 1024
      for (let at = start; at <= end; at += step) yield content.subarray(at, Math.min(at + step, end + 1))
    },
    async create() {
      const chunks: Buffer[] = []
      let size = 0
      return {
        get size() {
          return size
        },
        async append(chunk) {
          chunks.push(Buffer.from(chunk))
          size += chunk.byteLength
        },
        digest: async (algorithm) => digestOf(Buffer.concat(chunks), algorithm),
        async commit(digest) {
          contents.set(digest, Buffer.concat(chunks))
        },
        async discard() {
          chunks.length = 0
        },
      }
    },
    async delete(digest) {
      contents.delete(digest)
    },
  }
}
