import type { ImageConfig } from '../config.schema.ts'
import type { OpenedLayer } from './opened-image.ts'
import { layerHistory } from './parse-image.ts'

/** Tells each layer the line of history that made it, where the config tells. */
export function nameLayers(layers: readonly OpenedLayer[], config: ImageConfig): readonly OpenedLayer[] {
  const history = layerHistory(config, layers.length)
  return layers.map(({ index, descriptor, diffId, tarPath, contents }, position) => {
    const createdBy =
      history === undefined ? undefined : config.history?.[history[position] ?? -1]?.created_by
    return { index, descriptor, diffId, tarPath, contents, ...(createdBy ? { createdBy } : {}) }
  })
}
