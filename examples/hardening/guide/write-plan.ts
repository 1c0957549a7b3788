import { writeFile } from 'node:fs/promises'
import { proposePlan } from '@sallyport/harden'
import { toPlanDocument } from '@sallyport/harden/report'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** Writes down what would leave and why the rest stays, for a person to read and change. Makes no image. */
export async function writePlan(
  image: Image,
  inventory: Inventory,
  commands: readonly (readonly string[])[],
  file: string,
): Promise<void> {
  const { plan, unchangedBecause } = await proposePlan(image, inventory, { commands })
  if (unchangedBecause !== undefined) console.log(`nothing would leave: ${unchangedBecause}`)
  const sizeOf = (path: string) => image.tree.get(path)?.size ?? 0
  const document = toPlanDocument(plan, image.raw.descriptor.digest, { sizeOf })
  await writeFile(file, JSON.stringify(document, null, 2))
}
