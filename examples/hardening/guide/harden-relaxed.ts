import { type HardenResult, hardenImage } from '@sallyport/harden'
import type { SmokeTest } from '@sallyport/harden/smoke'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** Takes out what no file needs, whatever packages say of one another; a run of both images decides. */
export async function hardenRelaxed(
  image: Image,
  inventory: Inventory,
  commands: readonly (readonly string[])[],
  smoke: SmokeTest,
): Promise<HardenResult> {
  const result = await hardenImage(image, inventory, { mode: 'relaxed', commands, smoke })
  const { mode, proof, openDependencies = [], limitedBecause = [] } = result.report
  console.log(mode, proof)
  for (const { purl, dependsOn } of openDependencies) console.log(`${purl} does without ${dependsOn}`)
  for (const reason of limitedBecause) console.log(`less than asked for: ${reason}`)
  return result
}
