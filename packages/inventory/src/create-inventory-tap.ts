import type { BlobReader, Descriptor, RawManifest } from '@sallyport/core'
import { collectFacts } from './files/collect-facts.ts'
import { createFactsPlan } from './files/facts-plan.ts'
import { inventoryFacts, type InventoryImageOptions } from './inventory-image.ts'
import type { Inventory } from './inventory.ts'

/** Takes the inventory of an image out of the bytes of a copy. */
export interface InventoryTap {
  /**
   * For the option `tap` of `copy` of `@sallyport/oci`: what reads the blob, or `undefined` for one that need not be read.
   * It never ends a copy: a layer that could not be read that way is read again by {@link InventoryTap.inventory}, which
   * says what is wrong with it.
   */
  readonly tap: (blob: Descriptor) => ((content: AsyncIterable<Uint8Array>) => Promise<void>) | undefined
  /** Reads the layers that have not passed by from the source, and lists the packages. */
  inventory(): Promise<Inventory>
}

/**
 * Prepares to take the inventory of an image while it is copied: reads the config, and what the cache knows of the layers.
 *
 * Rejects, and its inventory too, with what `inventoryImage` rejects with.
 *
 * @param source Where the image is copied from.
 */
export async function createInventoryTap(
  source: BlobReader,
  raw: RawManifest,
  options: InventoryImageOptions = {},
): Promise<InventoryTap> {
  const { readers } = await import('./readers.ts')
  const facts = await collectFacts(source, raw, { ...options, plan: createFactsPlan(readers) })
  return {
    tap(blob) {
      if (!facts.needs(blob)) return undefined
      return async (content) => {
        // A transfer that broke off is repeated, or ends the copy by itself.
        await facts.take(blob, content).catch(() => undefined)
      }
    },
    inventory: () => inventoryFacts(facts, options),
  }
}
