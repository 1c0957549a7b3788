import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { toCycloneDx } from '@sallyport/inventory/sbom'
import type { Repository } from '@sallyport/oci'

/** An SBOM of an image; tells what could not be seen. */
export async function listAndDescribe(repository: Repository, reference: string): Promise<string> {
  await using image = await openImage(repository, await repository.getManifest(reference))
  const inventory = await createInventory(image)
  for (const { code, message } of inventory.gaps) console.warn(code, message)
  return toCycloneDx(inventory, {
    name: repository.name,
    timestamp: new Date(),
    tool: { name: 'my-gate', version: '1.0.0' },
  })
}
