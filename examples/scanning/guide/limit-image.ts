import { isSallyportError } from '@sallyport/core'
import { type Inventory, inventoryImage } from '@sallyport/inventory'
import type { Repository } from '@sallyport/oci'

/** Lists packages of an image that nobody vouches for: small limits, a time limit, and a reason in words. */
export async function limitImage(repository: Repository, reference: string): Promise<Inventory | string> {
  try {
    return await inventoryImage(repository, await repository.getManifest(reference), {
      limits: { maxLayerBytes: 4 * 1024 ** 3, maxImageBytes: 8 * 1024 ** 3, maxPaths: 500_000 },
      signal: AbortSignal.timeout(120_000),
    })
  } catch (error) {
    if (isSallyportError(error)) return `${error.code}: ${error.message}`
    throw error
  }
}
