import type { BlobReader, RawManifest } from '@sallyport/core'
import type { ImageLimits } from '@sallyport/image'
import { inventoryFiles } from './create-inventory.ts'
import { collectFacts, type FactsCollection } from './files/collect-facts.ts'
import { factsFiles } from './files/facts-files.ts'
import { createFactsPlan } from './files/facts-plan.ts'
import type { Inventory } from './inventory.ts'
import type { InventoryProgress } from './inventory-progress.ts'
import type { LayerFactsCache } from './ports/layer-facts-cache.ts'

/** Options of {@link inventoryImage}. */
export interface InventoryImageOptions {
  /** Keeps what is found in layers. Default: none, every layer is read. */
  readonly cache?: LayerFactsCache | undefined
  /** Ends the reading; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Is told of each step as it happens. Must not throw. Default: nobody is told. */
  readonly onProgress?: ((event: InventoryProgress) => void) | undefined
  /** Bounds of what is read of the image. Default: those of `openImage`. */
  readonly limits?: ImageLimits | undefined
  /**
   * Folder for files that are too large to be examined in memory; they have no name there and go with the process.
   * Default the system's folder for temporary files.
   */
  readonly directory?: string | undefined
}

/**
 * Lists the packages of an image as `createInventory` does, without opening it: reads the config and the layers that the
 * cache does not know as streams, two at a time, verifies them, and keeps only what is needed of them.
 *
 * @throws {ImageError} what `openImage` throws.
 * @throws {InventoryError} `LIMIT_EXCEEDED` above 200,000 packages, or 512 MiB of package databases.
 */
export async function inventoryImage(
  source: BlobReader,
  raw: RawManifest,
  options: InventoryImageOptions = {},
): Promise<Inventory> {
  const { readers } = await import('./readers.ts')
  const plan = createFactsPlan(readers)
  return inventoryFacts(await collectFacts(source, raw, { ...options, plan }), options)
}

/** Links lead readers to files that their names do not tell of; a chain of them has to end somewhere. */
const maxRounds = 3

/**
 * Makes the inventory of what was collected. A file that was asked for and not taken, because only a link in a later
 * layer says what it is, is taken then, with the others of its layer in one more read.
 */
export async function inventoryFacts(
  facts: FactsCollection,
  { signal }: InventoryImageOptions,
): Promise<Inventory> {
  for (let round = 0; ; round += 1) {
    const files = factsFiles({ ...facts, ...(await facts.complete()) })
    const inventory = await inventoryFiles(files, { signal })
    // What is missing after the last round is a gap of the inventory.
    if (files.missed.size === 0 || round === maxRounds) return inventory
    await facts.extend(files.missed)
  }
}
