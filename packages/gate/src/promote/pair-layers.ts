import type { Digest } from '@sallyport/core'
import type { ImageLayer } from '@sallyport/image'

/** A layer as it is stored. */
export interface StoredLayer {
  /** Digest of the blob, compressed as it is stored. */
  readonly digest: Digest
  /** Size of the blob. */
  readonly bytes: number
}

/** A layer before and after hardening; without `after` nothing of it is left, without `before` it is new. */
export interface LayerChange {
  /** Absent where it is new. */
  readonly before?: StoredLayer | undefined
  /** Absent where nothing of it is left. */
  readonly after?: StoredLayer | undefined
}

type PairedLayer = Pick<ImageLayer, 'descriptor' | 'diffId' | 'createdBy'>

/**
 * Finds for each layer what became of it, the base layer first. Hardening keeps their order and the history line of each that
 * it keeps, drops those that it empties, and adds on top.
 */
export function pairLayers(
  before: readonly PairedLayer[],
  after: readonly PairedLayer[],
): readonly LayerChange[] {
  const pairs: LayerChange[] = []
  let next = 0
  for (const layer of after) {
    const rest = before.slice(next)
    const same = rest.findIndex(({ diffId }) => diffId === layer.diffId)
    const found = same === -1 ? rest.findIndex(({ createdBy }) => createdBy === layer.createdBy) : same
    if (found === -1) {
      pairs.push({ after: toStored(layer) })
      continue
    }
    for (const gone of rest.slice(0, found)) pairs.push({ before: toStored(gone) })
    pairs.push({ before: toStored(rest[found]!), after: toStored(layer) })
    next += found + 1
  }
  for (const gone of before.slice(next)) pairs.push({ before: toStored(gone) })
  return pairs
}

const toStored = ({ descriptor: { digest, size } }: PairedLayer): StoredLayer => ({ digest, bytes: size })
