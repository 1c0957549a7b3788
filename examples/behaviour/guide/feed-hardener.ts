import { analyzeUsage } from '@sallyport/harden'
import type { Image } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { type ApprovedProfile, toUsageEvidence } from '@sallyport/runtime/behaviour'

/** Which packages run, by what the workload was seen to do. */
export async function executedPackages(image: Image, profile: ApprovedProfile): Promise<readonly string[]> {
  const inventory = await createInventory(image)
  const evidence = toUsageEvidence(profile, image.raw.descriptor.digest)
  const { packages } = await analyzeUsage(image, inventory, { evidence: [evidence] })
  return inventory.packages
    .filter((_, index) => packages[index]?.usage === 'executed')
    .map(({ name }) => name)
}
