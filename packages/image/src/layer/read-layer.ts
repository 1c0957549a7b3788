import { createHash } from 'node:crypto'
import { type Descriptor, type Digest, digestAlgorithm, toDigest } from '@sallyport/core'
import { ImageError } from '../errors.ts'
import { type ImageLimits, resolveLimits } from '../image-limits.ts'
import { decompressLayer } from './decompress.ts'
import { createLayerIndexer, type LayerVisitor } from './index-layer.ts'
import type { LayerIndex } from './layer-entry.ts'
import { compressionOf } from './layer-format.ts'

/** Options of {@link readLayer}. */
export interface ReadLayerOptions {
  /** The layer, as its manifest names it. */
  readonly descriptor: Descriptor
  /** Digest that the uncompressed tar must have. */
  readonly diffId: Digest
  /** Limits on size, number and depth. Default: those of {@link ImageLimits}. */
  readonly limits?: ImageLimits | undefined
  /** Ends the reading; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Chooses the files whose content is wanted. Default: none. */
  readonly visit?: LayerVisitor | undefined
  /** Told how many bytes of the blob have arrived since the last time. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** Told the bytes of the uncompressed tar; what it throws ends the reading. */
  readonly onTarBytes?: ((bytes: number) => void) | undefined
}

/** Options of {@link streamLayer}. */
export interface StreamLayerOptions extends ReadLayerOptions {
  /** Takes the blob; the next piece waits for the promise. */
  readonly onBlob?: ((chunk: Uint8Array) => Promise<void>) | undefined
  /** Takes the uncompressed tar, and may keep its pieces; the next one waits for the promise. */
  readonly onTar?: ((chunk: Uint8Array) => Promise<void>) | undefined
}

/**
 * Reads a layer as a stream, once and without keeping it: verifies size, digest and diff id, gives its index, and on the
 * way the content of the files that `visit` asks for. Nothing of that is proved right before the promise is fulfilled.
 *
 * @param content The blob as it is stored.
 * @throws {ImageError} `LAYER_UNSUPPORTED` when the media type is none of a layer that can be read.
 * @throws {ImageError} `LAYER_CORRUPT`, `DIGEST_MISMATCH`, `DIFF_ID_MISMATCH` when bytes are not what they should be.
 * @throws {ImageError} `TAR_INVALID`, `TAR_UNSUPPORTED`, `PATH_INVALID` when the tar is malformed.
 * @throws {ImageError} `LIMIT_EXCEEDED` when a limit of `options.limits` for layers is passed.
 */
export function readLayer(
  content: AsyncIterable<Uint8Array>,
  options: ReadLayerOptions,
): Promise<LayerIndex> {
  return streamLayer(content, options)
}

/** {@link readLayer}, with all of the bytes for those who keep them. */
export async function streamLayer(
  content: AsyncIterable<Uint8Array>,
  options: StreamLayerOptions,
): Promise<LayerIndex> {
  const { descriptor, diffId, signal, visit, onTarBytes, onTar } = options
  signal?.throwIfAborted()
  const limits = resolveLimits(options.limits)
  const compression = compressionOf(descriptor.mediaType)
  const algorithm = digestAlgorithm(diffId)
  const hash = createHash(algorithm)
  const indexer = createLayerIndexer(limits, visit)
  try {
    const bounds = {
      maxBytes: limits.maxLayerBytes,
      maxRatio: limits.maxCompressionRatio,
      release: onTar === undefined,
      signal,
    }
    for await (const chunk of decompressLayer(receive(content, options), compression, bounds)) {
      onTarBytes?.(chunk.byteLength)
      hash.update(chunk)
      const indexed = indexer.push(chunk)
      if (indexed !== undefined) await indexed
      if (onTar !== undefined) await onTar(chunk)
    }
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
    throw nameBlob(error, descriptor.digest)
  }
}

/** Passes the blob on, and verifies size and digest. */
async function* receive(
  content: AsyncIterable<Uint8Array>,
  { descriptor, signal, onBytes, onBlob }: StreamLayerOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = digestAlgorithm(descriptor.digest)
  const hash = createHash(algorithm)
  let received = 0
  for await (const chunk of content) {
    signal?.throwIfAborted()
    received += chunk.byteLength
    if (received > descriptor.size) break
    hash.update(chunk)
    if (onBlob !== undefined) await onBlob(chunk)
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

function nameBlob(error: unknown, blob: Digest): unknown {
  if (!(error instanceof ImageError) || error.blob !== undefined) return error
  const { code, message, cause, retryable, offset, path } = error
  const text = message.includes(blob) ? message : `layer ${blob}: ${message}`
  return new ImageError(code, text, { cause, retryable, offset, path, blob })
}
