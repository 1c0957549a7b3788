import { type Descriptor, type Digest, digestOf, type ImageManifest, type RawManifest } from '@sallyport/core'
import { type ImageConfig, imageConfigSchema } from '../config.schema.ts'
import { ImageError } from '../errors.ts'
import { layerHistory } from '../open/parse-image.ts'
import type { ImageEdit } from './image-edit.ts'

/** A layer of the result: the source's or a new one; undefined where the layer was dropped. */
export type ResultLayer = { readonly descriptor: Descriptor; readonly diffId: Digest } | undefined

/** The layers of a result. */
export interface ResultLayers {
  /** For each layer of the source. */
  readonly layers: readonly ResultLayer[]
  /** The new layer on top. */
  readonly top: ResultLayer
  /** Whether `top` stands for all layers, so that their history lines stay without them. */
  readonly squashed: boolean
}

/**
 * What an edit makes of a configuration, apart from the layers.
 *
 * @throws {ImageError} `CONFIG_INVALID` when that is no configuration, is of another platform, or has other lines of
 * history.
 */
export function applyConfigEdit(config: ImageConfig, edit: ImageEdit): ImageConfig {
  if (edit.config === undefined) return config
  // As JSON, because that is what will be written.
  const given: unknown = JSON.parse(JSON.stringify(edit.config(structuredClone(config))) ?? 'null')
  const parsed = imageConfigSchema.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const where = issue === undefined ? '' : `: ${issue.path.map(String).join('.')}: ${issue.message}`
    throw new ImageError('CONFIG_INVALID', `the edited config is not valid${where}`, { cause: parsed.error })
  }
  const edited = parsed.data
  for (const field of ['os', 'architecture', 'variant', 'os.version'] as const) {
    if (edited[field] !== config[field])
      throw new ImageError('CONFIG_INVALID', `the edited config is of another platform: ${field}`)
  }
  const lines = (of: ImageConfig) =>
    JSON.stringify((of.history ?? []).map((line) => line.empty_layer === true))
  if (lines(edited) !== lines(config))
    throw new ImageError('CONFIG_INVALID', 'the edited config has other lines of history')
  return { ...edited, rootfs: config.rootfs }
}

/**
 * The config for other layers: diff ids and history follow them, one more history line says who did it, everything
 * else stays.
 */
export function editConfig(
  config: ImageConfig,
  { layers, top, squashed }: ResultLayers,
  createdBy: string,
): ImageConfig {
  const lines = new Set(
    layerHistory(config, layers.length)?.filter((_, layer) => layers[layer] === undefined),
  )
  const history = (config.history ?? []).flatMap((line, position) => {
    if (!lines.has(position)) return [line]
    return squashed ? [{ ...line, empty_layer: true }] : []
  })
  return {
    ...config,
    rootfs: {
      ...config.rootfs,
      diff_ids: [...layers, top].flatMap((layer) => (layer === undefined ? [] : [layer.diffId])),
    },
    history: [
      ...history,
      {
        // The source's time, not the clock's: the same edit must give the same digest.
        ...(config.created ? { created: config.created } : {}),
        created_by: createdBy,
        ...(top === undefined ? { empty_layer: true } : {}),
      },
    ],
  }
}

/** The manifest for other layers. It is of no other manifest any more, so `subject` goes. */
export function editManifest(
  manifest: ImageManifest,
  { layers, top }: ResultLayers,
  configBytes: Uint8Array,
  annotations: Readonly<Record<string, string>> = {},
): ImageManifest {
  const { subject: _, ...rest } = manifest
  const merged = { ...manifest.annotations, ...annotations }
  return {
    ...rest,
    config: {
      mediaType: manifest.config.mediaType,
      digest: digestOf(configBytes),
      size: configBytes.byteLength,
    },
    layers: [...layers, top].flatMap((layer) => (layer === undefined ? [] : [layer.descriptor])),
    ...(Object.keys(merged).length > 0 && { annotations: sortKeys(merged) }),
  }
}

/** Serialises a manifest under the media type of the one that it was made from. */
export function toRawManifest(manifest: ImageManifest, mediaType: string): RawManifest {
  const bytes = Buffer.from(JSON.stringify(manifest))
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }
}

function sortKeys(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
