import type { Descriptor, Digest } from '@sallyport/core'
import { type ImageLimits, type LayerEntry, readLayer } from '@sallyport/image'
import type { FileWish } from './facts-plan.ts'
import type { ReadOptions } from './image-files.ts'
import type { LayerFacts } from './layer-facts.ts'
import { createFileTaker } from './take-files.ts'

/** Options of {@link readLayerFacts}. */
export interface ReadLayerFactsOptions extends ReadOptions {
  readonly descriptor: Descriptor
  readonly diffId: Digest
  /** What is wanted of a regular file. */
  readonly wishFor: (entry: LayerEntry, position: number) => FileWish | undefined
  /** Facts of the same layer that these are added to. */
  readonly known?: LayerFacts | undefined
  readonly limits?: ImageLimits | undefined
  /** Folder for temporary files. */
  readonly directory?: string | undefined
  /** Told the bytes of the blob as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** Told the bytes of the uncompressed tar; what it throws ends the reading. */
  readonly onTarBytes?: ((bytes: number) => void) | undefined
}

/**
 * Takes the facts out of a layer while it streams by, and verifies it.
 *
 * Throws what `readLayer` of `@sallyport/image` throws.
 */
export async function readLayerFacts(
  content: AsyncIterable<Uint8Array>,
  options: ReadLayerFactsOptions,
): Promise<LayerFacts> {
  const { descriptor, diffId, wishFor, known, limits, directory, signal, onBytes, onTarBytes } = options
  await using taker = createFileTaker({ directory, signal })
  let tarBytes = 0
  const index = await readLayer(content, {
    descriptor,
    diffId,
    limits,
    signal,
    visit(entry, position) {
      const wish = wishFor(entry, position)
      return wish && taker.take({ position, size: entry.size, wish })
    },
    onBytes,
    onTarBytes(bytes) {
      tarBytes += bytes
      onTarBytes?.(bytes)
    },
  })
  const taken = await taker.finish()
  if (known === undefined) return { tarBytes, index, ...taken }
  const examinations = new Map(known.examinations)
  for (const [name, found] of taken.examinations) {
    examinations.set(name, new Map([...(known.examinations.get(name) ?? []), ...found]))
  }
  return {
    tarBytes,
    heldBytes: known.heldBytes + taken.heldBytes,
    index,
    contents: new Map([...known.contents, ...taken.contents]),
    examinations,
  }
}
