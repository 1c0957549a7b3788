import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  type BlobOptions,
  type BlobReader,
  type BlobReadOptions,
  type Descriptor,
  digestAlgorithm,
  toDigest,
} from '@sallyport/core'
import { ImageError } from '../errors.ts'

/**
 * Reads a small blob into memory and verifies it.
 *
 * @throws {ImageError} `LIMIT_EXCEEDED` when it is larger than `maxBytes`.
 * @throws {ImageError} `DIGEST_MISMATCH` when the bytes are not those of the descriptor.
 */
export async function readBlob(
  source: BlobReader,
  blob: Descriptor,
  { maxBytes, signal }: BlobOptions & { readonly maxBytes: number },
): Promise<Uint8Array> {
  signal?.throwIfAborted()
  if (blob.size > maxBytes) {
    throw new ImageError('LIMIT_EXCEEDED', `${blob.digest}: ${blob.size} of ${maxBytes} bytes`, {
      blob: blob.digest,
    })
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of verified(source.open(blob, { signal }), blob)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Streams a blob that is a file, and ends with an error when it is not what the descriptor says. */
export function openBlobFile(path: string, blob: Descriptor, { offset = 0, signal }: BlobReadOptions = {}) {
  const stream = createReadStream(path, {
    start: offset,
    highWaterMark: 256 * 1024,
    ...(signal && { signal }),
  })
  return unwrapAbort(offset === 0 ? verified(stream, blob) : stream, signal)
}

async function* unwrapAbort(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = digestAlgorithm(digest)
  const hash = createHash(algorithm)
  let received = 0
  for await (const chunk of chunks) {
    received += chunk.byteLength
    if (received > size) break
    hash.update(chunk)
    yield chunk
  }
  if (received !== size || toDigest(hash, algorithm) !== digest) {
    throw new ImageError('DIGEST_MISMATCH', `${digest}: the bytes are not those of the descriptor`, {
      blob: digest,
    })
  }
}
