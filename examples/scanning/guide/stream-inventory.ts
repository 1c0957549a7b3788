import { folderLayerCache, type Inventory, inventoryImage } from '@sallyport/inventory'
import type { Repository } from '@sallyport/oci'

/** Lists packages without writing the image to disk; layers that the cache knows are not read again. */
export async function streamInventory(
  repository: Repository,
  reference: string,
  cacheDirectory: string,
): Promise<{ readonly inventory: Inventory; readonly layersRead: number }> {
  let layersRead = 0
  const inventory = await inventoryImage(repository, await repository.getManifest(reference), {
    cache: folderLayerCache({ directory: cacheDirectory, maxBytes: 2 * 1024 ** 3 }),
    onProgress: (event) => {
      if (event.type === 'layer-known' && event.from === 'blob') layersRead++
      if (event.type === 'cache-failed') console.warn(`layer ${event.layer} without the cache:`, event.error)
    },
  })
  return { inventory, layersRead }
}
