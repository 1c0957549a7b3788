import {
  type Digest,
  digestAlgorithm,
  digestOf,
  type ImageManifest,
  isDigest,
  isManifestMediaType,
  mediaTypes,
  type Platform,
  type RawManifest,
} from '@sallyport/core'
import type * as z from 'zod'
import { type ImageConfig, imageConfigSchema } from '../config.schema.ts'
import { ImageError } from '../errors.ts'
import { findAmbiguousConfig } from './find-ambiguous-config.ts'
import { imageManifestSchema } from './manifest.schema.ts'

/**
 * Reads an image manifest out of its bytes.
 *
 * @throws {ImageError} `DIGEST_MISMATCH` when the bytes are not what the descriptor says.
 * @throws {ImageError} `CONFIG_INVALID` when they are no manifest of an image of one platform.
 */
export function parseManifest(raw: RawManifest, maxLayers: number): ImageManifest {
  const { digest, mediaType, size } = raw.descriptor
  if (raw.bytes.byteLength !== size || digestOf(raw.bytes, digestAlgorithm(digest)) !== digest) {
    throw new ImageError('DIGEST_MISMATCH', `manifest ${digest}: the bytes are not those of the descriptor`, {
      blob: digest,
    })
  }
  if (!isManifestMediaType(mediaType)) {
    throw new ImageError(
      'CONFIG_INVALID',
      `${digest} is no image manifest but ${JSON.stringify(mediaType)}`,
      {
        blob: digest,
      },
    )
  }
  const manifest = parseJson(raw.bytes, imageManifestSchema, 'manifest', digest)
  if (manifest.mediaType !== undefined && manifest.mediaType !== mediaType) {
    throw new ImageError(
      'CONFIG_INVALID',
      `manifest ${digest} says to be ${JSON.stringify(manifest.mediaType)}`,
      {
        blob: digest,
      },
    )
  }
  const configType = manifest.config.mediaType
  if (configType !== mediaTypes.ociConfig && configType !== mediaTypes.dockerConfig) {
    throw new ImageError(
      'CONFIG_INVALID',
      `manifest ${digest} is of an artifact: config ${JSON.stringify(configType)}`,
      {
        blob: digest,
      },
    )
  }
  if (manifest.layers.length > maxLayers) {
    throw new ImageError(
      'LIMIT_EXCEEDED',
      `manifest ${digest}: ${manifest.layers.length} layers of ${maxLayers}`,
      {
        blob: digest,
      },
    )
  }
  return manifest as ImageManifest
}

/** A config with what was read out of it. */
export interface ParsedConfig {
  readonly config: ImageConfig
  readonly diffIds: readonly Digest[]
  readonly platform: Platform
}

/**
 * Reads an image config out of its bytes.
 *
 * @throws {ImageError} `CONFIG_INVALID` when it is none, could be read in two ways, or has another number of layers than the
 *   manifest.
 */
export function parseConfig(bytes: Uint8Array, manifest: ImageManifest): ParsedConfig {
  const blob = manifest.config.digest
  const config = parseJson(bytes, imageConfigSchema, 'config', blob, findAmbiguousConfig)
  const diffIds = config.rootfs.diff_ids
  if (!diffIds.every(isDigest))
    throw new ImageError('CONFIG_INVALID', `config ${blob}: a diff id is no digest`, { blob })
  if (diffIds.length !== manifest.layers.length) {
    throw new ImageError(
      'CONFIG_INVALID',
      `config ${blob}: ${diffIds.length} diff ids for ${manifest.layers.length} layers`,
      { blob },
    )
  }
  const { os, architecture, variant } = config
  const osVersion = config['os.version']
  return {
    config,
    diffIds,
    platform: {
      os,
      architecture,
      ...(variant ? { variant } : {}),
      ...(typeof osVersion === 'string' && osVersion !== '' ? { 'os.version': osVersion } : {}),
    },
  }
}

/**
 * The history line of each layer, by position; undefined when the history does not have one line for each layer.
 */
export function layerHistory(config: ImageConfig, layers: number): readonly number[] | undefined {
  const lines = (config.history ?? []).flatMap((line, position) =>
    line.empty_layer === true ? [] : [position],
  )
  return lines.length === layers ? lines : undefined
}

function parseJson<T>(
  bytes: Uint8Array,
  schema: z.ZodType<T>,
  what: string,
  blob: Digest,
  findAmbiguity?: (text: string, value: T) => string | undefined,
): T {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (cause) {
    throw new ImageError('CONFIG_INVALID', `${what} ${blob} is no JSON`, { blob, cause })
  }
  const result = schema.safeParse(value)
  if (result.success) {
    const ambiguity = findAmbiguity?.(text, value as T)
    if (ambiguity === undefined) return result.data
    throw new ImageError('CONFIG_INVALID', `${what} ${blob} could be read in two ways: ${ambiguity}`, {
      blob,
    })
  }
  const issue = result.error.issues[0]
  const where = issue === undefined ? '' : `: ${issue.path.map(String).join('.')}: ${issue.message}`
  throw new ImageError('CONFIG_INVALID', `${what} ${blob} is not valid${where}`, {
    blob,
    cause: result.error,
  })
}
