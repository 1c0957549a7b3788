import { type Image, openImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import { isIndexMediaType } from '@sallyport/core'
import { openLayout, parseIndex } from '@sallyport/oci'
import { type ImageName, imageLayout } from '@sallyport/test-images'

/** Opens a real image for amd64 and lists its packages. Dispose it, or the image, to delete its files. */
export async function openRealImage(
  name: ImageName,
  directory: string,
): Promise<AsyncDisposable & { readonly image: Image; readonly inventory: Inventory }> {
  const cached = await imageLayout(name)
  const layout = await openLayout(cached.directory)
  let raw = await layout.getManifest(cached.tag)
  if (isIndexMediaType(raw.descriptor.mediaType)) {
    const own = parseIndex(raw).manifests.find(({ platform }) => platform?.architecture === 'amd64')
    if (!own) throw new Error(`the image ${name} has no amd64`)
    raw = await layout.getManifest(own.digest)
  }
  const image = await openImage(layout, raw, { directory })
  return {
    image,
    inventory: await createInventory(image),
    [Symbol.asyncDispose]: () => image[Symbol.asyncDispose](),
  }
}
