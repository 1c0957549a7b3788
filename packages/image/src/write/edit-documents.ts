import { type Descriptor, type Digest, digestOf, type ImageManifest, type RawManifest } from '@sallyport/core'
import type { ImageConfig } from '../config.schema.ts'
import { layerHistory } from '../open/parse-image.ts'

/** A layer of the result: the source's or a new one; undefined where the layer was dropped. */
export type ResultLayer = { readonly descriptor: Descriptor; readonly diffId: Digest } | undefined

/**
 * The config for other layers: diff ids and history follow them, one more history line says who did it, everything
 * else stays.
 */
export function editConfig(
  config: ImageConfig,
  layers: readonly ResultLayer[],
  createdBy: string,
): ImageConfig {
  const lines = layerHistory(config, layers.length)
  const dropped = new Set((lines ?? []).filter((_, layer) => layers[layer] === undefined))
  const history = (config.history ?? []).filter((_, position) => !dropped.has(position))
  return {
    ...config,
    rootfs: {
      ...config.rootfs,
      diff_ids: layers.flatMap((layer) => (layer === undefined ? [] : [layer.diffId])),
    },
    history: [
      ...history,
      // The source's time, not the clock's: the same edit must give the same digest.
      { ...(config.created ? { created: config.created } : {}), created_by: createdBy, empty_layer: true },
    ],
  }
}

/** The manifest for other layers. It is of no other manifest any more, so `subject` goes. */
export function editManifest(
  manifest: ImageManifest,
  layers: readonly ResultLayer[],
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
    layers: layers.flatMap((layer) => (layer === undefined ? [] : [layer.descriptor])),
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
