import { createInventoryTap, type Inventory } from '@sallyport/inventory'
import { copy, type Repository } from '@sallyport/oci'

/** Copies an image and lists its packages from the bytes that pass by. */
export async function copyAndList(
  source: Repository,
  target: Repository,
  reference: string,
): Promise<Inventory> {
  const { tap, inventory } = await createInventoryTap(source, await source.getManifest(reference))
  await copy(source, target, { from: reference, tag: reference, tap })
  // Reads from the source only the layers that the target had already.
  return inventory()
}
