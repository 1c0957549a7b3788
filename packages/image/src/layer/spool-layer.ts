import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { type BlobReader, type Descriptor, type Digest, digestAlgorithm, toDigest } from '@sallyport/core'
import { ImageError } from '../errors.ts'
import type { ResolvedLimits } from '../image-limits.ts'
import { decompressLayer } from './decompress.ts'
import { createLayerIndexer } from './index-layer.ts'
import type { LayerIndex } from './layer-entry.ts'
import { compressionOf } from './layer-format.ts'

/** What {@link spoolLayer} needs. */
export interface SpoolLayerInput {
  readonly source: BlobReader
  readonly descriptor: Descriptor
  readonly diffId: Digest
  /** Where the blob goes as it is; not written when undefined. */
  readonly blobPath?: string | undefined
  /** Where the uncompressed tar goes. */
  readonly tarPath: string
  readonly limits: ResolvedLimits
  readonly signal?: AbortSignal | undefined
  /** Told the compressed bytes as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** Told the uncompressed bytes; what it throws ends the reading. */
  readonly onTarBytes?: ((bytes: number) => void) | undefined
}

/**
 * Reads a layer once: stores the blob and its uncompressed tar, verifies both digests and builds the index.
 *
 * @throws {ImageError} `LAYER_CORRUPT`, `DIGEST_MISMATCH`, `DIFF_ID_MISMATCH`, `LAYER_UNSUPPORTED`, `TAR_INVALID`,
 * `TAR_UNSUPPORTED`, `PATH_INVALID`, `LIMIT_EXCEEDED`; the files are then incomplete.
 */
export async function spoolLayer(input: SpoolLayerInput): Promise<LayerIndex> {
  const { descriptor, diffId, limits, signal } = input
  const compression = compressionOf(descriptor.mediaType)
  await using files = new AsyncDisposableStack()
  const blobFile = input.blobPath === undefined ? undefined : await openFor(files, input.blobPath)
  const tarFile = await openFor(files, input.tarPath)
  const algorithm = digestAlgorithm(diffId)
  const hash = createHash(algorithm)
  const indexer = createLayerIndexer(limits)
  let writing: Promise<void> = Promise.resolve()
  try {
    const options = { maxBytes: limits.maxLayerBytes, maxRatio: limits.maxCompressionRatio, signal }
    for await (const chunk of decompressLayer(receive(input, blobFile), compression, options)) {
      input.onTarBytes?.(chunk.byteLength)
      hash.update(chunk)
      indexer.push(chunk)
      // One write runs beside the decompression of the next chunk.
      await writing
      writing = writeAll(tarFile, chunk)
      writing.catch(() => undefined)
    }
    await writing
    const index = indexer.finish()
    const actual = toDigest(hash, algorithm)
    if (actual !== diffId) {
      throw new ImageError(
        'DIFF_ID_MISMATCH',
        `layer ${descriptor.digest}: expected diff id ${diffId}, got ${actual}`,
      )
    }
    return index
  } catch (error) {
    // The file is closed next; a write must not come after that.
    await writing.catch(() => undefined)
    throw nameBlob(error, descriptor.digest)
  }
}

/** Streams the blob from its source, keeps a copy and verifies size and digest. */
async function* receive(
  { source, descriptor, signal, onBytes }: SpoolLayerInput,
  file: FileHandle | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = digestAlgorithm(descriptor.digest)
  const hash = createHash(algorithm)
  let received = 0
  for await (const chunk of source.open(descriptor, { signal })) {
    signal?.throwIfAborted()
    received += chunk.byteLength
    if (received > descriptor.size) break
    hash.update(chunk)
    if (file !== undefined) await writeAll(file, chunk)
    onBytes?.(chunk.byteLength)
    yield chunk
  }
  if (received !== descriptor.size) {
    const comparison = received > descriptor.size ? 'more than' : `${received} of`
    throw new ImageError(
      'LAYER_CORRUPT',
      `layer ${descriptor.digest}: ${comparison} ${descriptor.size} bytes`,
    )
  }
  const actual = toDigest(hash, algorithm)
  if (actual !== descriptor.digest) {
    throw new ImageError('DIGEST_MISMATCH', `layer ${descriptor.digest}: bytes hash to ${actual}`)
  }
}

async function openFor(files: AsyncDisposableStack, path: string): Promise<FileHandle> {
  const file = await open(path, 'wx', 0o600)
  files.defer(() => file.close())
  return file
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0
  while (written < chunk.length) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written)
    written += bytesWritten
  }
}

function nameBlob(error: unknown, blob: Digest): unknown {
  if (!(error instanceof ImageError) || error.blob !== undefined) return error
  const { code, message, cause, retryable, offset, path } = error
  const text = message.includes(blob) ? message : `layer ${blob}: ${message}`
  return new ImageError(code, text, { cause, retryable, offset, path, blob })
}
