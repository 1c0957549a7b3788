import { type HardenResult, hardenImage } from '@sallyport/harden'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** Takes out what nothing uses and nothing that stays depends on. `keep`: names of packages that stay in any case. */
export async function hardenClosed(
  image: Image,
  inventory: Inventory,
  commands: readonly (readonly string[])[],
  keep: readonly string[] = [],
): Promise<HardenResult> {
  const result = await hardenImage(image, inventory, {
    commands,
    keep,
    maxRemoval: 0.8, // more than that looks like a mistake: the image then stays as it is
    onProgress: (event) => {
      if (event.type === 'planned') console.log(`${event.removed} packages leave, ${event.kept} stay`)
    },
  })
  console.log(result.report.unchangedBecause ?? result.image?.raw.descriptor.digest)
  return result
}
