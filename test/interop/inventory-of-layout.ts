import { isIndexMediaType } from '@sallyport/core'
import { openImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import { openLayout, parseIndex } from '@sallyport/oci'
import { imageLayout, type ImageName } from '@sallyport/test-images'

/** What our inventory says of one of the real images; of its first platform, where it has several. */
export async function inventoryOf(
  name: ImageName,
): Promise<{ readonly inventory: Inventory; readonly directory: string }> {
  const { directory, tag } = await imageLayout(name)
  const layout = await openLayout(directory)
  const root = await layout.getManifest(tag)
  const raw = isIndexMediaType(root.descriptor.mediaType)
    ? await layout.getManifest(parseIndex(root).manifests[0]!.digest)
    : root
  await using image = await openImage(layout, raw)
  return { inventory: await createInventory(image), directory }
}
