import { openImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import { createImage } from '@sallyport/testkit'

/** The inventory of an image that holds these files in `/app`, executable. */
export async function inventoryOf(files: Readonly<Record<string, Uint8Array>>): Promise<Inventory> {
  const image = createImage({
    layers: [
      {
        files: {
          app: { directory: true },
          ...Object.fromEntries(
            Object.entries(files).map(([name, content]) => [`app/${name}`, { content, mode: 0o755 }]),
          ),
        },
      },
    ],
  })
  await using opened = await openImage(image, image.raw)
  return await createInventory(opened)
}
