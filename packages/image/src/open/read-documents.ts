import type { BlobReader, Digest, ImageManifest, Platform, RawManifest } from '@sallyport/core'
import type { ImageConfig } from '../config.schema.ts'
import { type ImageLimits, resolveLimits } from '../image-limits.ts'
import { compressionOf } from '../layer/layer-format.ts'
import { parseConfig, parseManifest } from './parse-image.ts'
import { readBlob } from './read-blob.ts'

/** What manifest and config say of an image. */
export interface ImageDocuments {
  /** The manifest, parsed. */
  readonly manifest: ImageManifest
  /** The config, parsed. */
  readonly config: ImageConfig
  /** The config, as its bytes. */
  readonly configBytes: Uint8Array
  /** Digests of the uncompressed layers, as many as the manifest has layers. */
  readonly diffIds: readonly Digest[]
  /** The platform that the config names. */
  readonly platform: Platform
}

/** Options of {@link readDocuments}. */
export interface ReadDocumentsOptions {
  /** Limits on size, number and depth. Default: those of {@link ImageLimits}. */
  readonly limits?: ImageLimits | undefined
  /** Ends the reading; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads what stands before the layers of an image of one platform, and verifies it.
 *
 * @throws {ImageError} `DIGEST_MISMATCH` when manifest or config are not what their descriptors say.
 * @throws {ImageError} `CONFIG_INVALID` when one is malformed, or they have different numbers of layers.
 * @throws {ImageError} `LAYER_UNSUPPORTED` when a layer's media type is none that can be read.
 * @throws {ImageError} `LIMIT_EXCEEDED` when there are too many layers, or the config is too large.
 */
export async function readDocuments(
  source: BlobReader,
  raw: RawManifest,
  options: ReadDocumentsOptions = {},
): Promise<ImageDocuments> {
  const { signal } = options
  signal?.throwIfAborted()
  const limits = resolveLimits(options.limits)
  const manifest = parseManifest(raw, limits.maxLayers)
  for (const layer of manifest.layers) compressionOf(layer.mediaType)
  const configBytes = await readBlob(source, manifest.config, { maxBytes: limits.maxConfigBytes, signal })
  return { manifest, configBytes, ...parseConfig(configBytes, manifest) }
}
