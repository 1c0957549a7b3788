import { mediaTypes, runConcurrently } from '@sallyport/core'
import { compressionOf, type LayerCompression, layerMediaType } from '../layer/layer-format.ts'
import type { OpenedImage } from '../open/opened-image.ts'
import type { RewritePlan } from './plan-rewrite.ts'
import { renderLayer } from './render-layer.ts'
import type { RewriteOptions } from './rewrite-options.ts'
import { writeLayer, type WrittenLayer } from './write-layer.ts'

/** Two at a time: zlib works on other threads. */
const concurrency = 2

/** Writes the layers that a plan changes into a layout, by position; the new one has the position after the last. */
export async function writeLayers(
  image: OpenedImage,
  plan: RewritePlan,
  layout: string,
  { compression = 'keep', level, signal, onProgress }: RewriteOptions,
): Promise<ReadonlyMap<number, WrittenLayer>> {
  const written = new Map<number, WrittenLayer>()
  const planned = [
    ...plan.layers,
    ...(plan.top.length > 0 ? [{ action: 'rewrite' as const, steps: plan.top }] : []),
  ]
  // Registries and runtimes expect a layer: when nothing is left at all, the first one stays, empty.
  const nothingLeft = planned.every((layer) => layer.action === 'rewrite' && layer.steps.length === 0)
  await runConcurrently([...planned.entries()], concurrency, signal, async ([index, layer], stop) => {
    if (layer.action === 'keep') {
      onProgress?.({ type: 'layer-kept', layer: index })
      return
    }
    if (layer.steps.length === 0 && !(nothingLeft && index === 0)) {
      onProgress?.({ type: 'layer-dropped', layer: index })
      return
    }
    const likeMediaType = mediaTypeLike(image, index)
    const chosen: LayerCompression = compression === 'keep' ? compressionOf(likeMediaType) : compression
    const result = await writeLayer(renderLayer(image, layer.steps, stop), {
      compression: chosen,
      level,
      likeMediaType,
      layout,
      name: `layer-${index}`,
      signal: stop,
    })
    written.set(index, result)
    const { digest, size } = result.descriptor
    onProgress?.({ type: 'layer-written', layer: index, digest, size })
  })
  return written
}

/** The layer's own media type, or that of the last one below it. */
function mediaTypeLike({ layers, raw }: OpenedImage, index: number): string {
  const like = (layers[index] ?? layers.at(-1))?.descriptor.mediaType
  return like ?? layerMediaType('gzip', raw.descriptor.mediaType || mediaTypes.ociManifest)
}
