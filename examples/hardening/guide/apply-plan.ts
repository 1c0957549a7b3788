import { readFile } from 'node:fs/promises'
import { type HardenResult, hardenImage } from '@sallyport/harden'
import { parsePlanDocument } from '@sallyport/harden/report'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** Removes what a plan names, and no more. */
export async function applyPlan(
  image: Image,
  inventory: Inventory,
  commands: readonly (readonly string[])[],
  file: string,
): Promise<HardenResult> {
  const plan = parsePlanDocument(await readFile(file, 'utf8'))
  return hardenImage(image, inventory, { commands, plan })
}
