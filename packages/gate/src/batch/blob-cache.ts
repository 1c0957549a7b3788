import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BlobReader,
  type BlobReadOptions,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
} from '@sallyport/core'

/** Keeps blobs that several images share. */
export interface BlobCache {
  /** Reads through the cache: a blob that it has comes from there, another one from `source`, and stays. */
  reader(source: BlobReader): BlobReader
}

/** Options of {@link folderBlobCache}. */
export interface FolderBlobCacheOptions {
  /** Made with mode 0700 when it is missing. It must belong to nobody else. */
  readonly directory: string
  /** How large it may grow, in bytes; what came in first goes first. Default 8 GiB. */
  readonly maxBytes?: number | undefined
  /** Larger blobs are not kept, in bytes. Default `maxBytes`. */
  readonly maxBlobBytes?: number | undefined
}

/**
 * Keeps blobs in a folder, a file each, by their digests. A blob that is asked for while it is fetched is waited for and
 * not fetched twice. Its readers verify what they read, as with any other source.
 */
export function folderBlobCache({
  directory,
  maxBytes = 8 * 1024 ** 3,
  maxBlobBytes = maxBytes,
}: FolderBlobCacheOptions): BlobCache {
  const maxKept = Math.min(maxBytes, maxBlobBytes)
  const pathOf = (digest: Digest) => join(directory, `${digestAlgorithm(digest)}-${digestHex(digest)}`)
  const fetching = new Map<Digest, Promise<void>>()
  const kept = new Map<Digest, number>()
  let total = 0

  const keep = async ({ digest, size }: Descriptor, part: string): Promise<void> => {
    await rename(part, pathOf(digest))
    kept.set(digest, size)
    total += size
    for (const [oldest, bytes] of kept) {
      if (total <= maxBytes || oldest === digest) break
      kept.delete(oldest)
      total -= bytes
      // Who reads it meanwhile has it open.
      await rm(pathOf(oldest), { force: true })
    }
  }

  async function* fetch(source: BlobReader, blob: Descriptor, options: BlobReadOptions) {
    let part: { readonly path: string; readonly file: FileHandle } | undefined
    let isComplete = false
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const path = join(directory, `.${randomUUID()}`)
      part = { path, file: await open(path, 'wx', 0o600) }
      for await (const chunk of source.open(blob, options)) {
        await part.file.writeFile(chunk)
        yield chunk
      }
      // The source has verified it by now.
      isComplete = true
    } finally {
      await part?.file.close()
      if (part && isComplete) await keep(blob, part.path)
      else if (part) await rm(part.path, { force: true })
    }
  }

  return {
    reader: (source) => ({
      async *open(blob, options = {}) {
        const { signal, offset = 0 } = options
        if (offset > 0 || blob.size > maxKept) return yield* source.open(blob, options)
        for (let other = fetching.get(blob.digest); other; other = fetching.get(blob.digest)) {
          await waitFor(other, signal)
        }
        // Claimed before anything is waited for, or two would fetch it.
        const ended = Promise.withResolvers<void>()
        fetching.set(blob.digest, ended.promise)
        const release = () => {
          if (fetching.get(blob.digest) === ended.promise) fetching.delete(blob.digest)
          ended.resolve()
        }
        try {
          const path = pathOf(blob.digest)
          const found = await stat(path).catch(() => undefined)
          if (found?.size !== blob.size) return yield* fetch(source, blob, options)
          release()
          yield* createReadStream(path, { signal, highWaterMark: 1024 * 1024 })
        } finally {
          release()
        }
      },
    }),
  }
}

/** Waits for somebody else's work, which goes on when the waiting ends. */
async function waitFor(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  try {
    await Promise.race([work, aborted.promise])
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
