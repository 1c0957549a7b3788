import { openImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import type { Repository } from '@sallyport/oci'
import { type MergedScan, runScanners, type Scanner } from '@sallyport/scan'

/** An image as it is judged. */
export interface ScannedImage {
  readonly inventory: Inventory
  readonly scan: MergedScan
}

/** Pulls an image once, and lets each scanner look at those very bytes. No scanner gets a credential. */
export async function scanImage(
  repository: Repository,
  reference: string,
  scanners: readonly Scanner[],
): Promise<ScannedImage> {
  await using image = await openImage(repository, await repository.getManifest(reference))
  const inventory = await createInventory(image)
  const target = {
    subject: inventory.subject,
    platform: inventory.platform,
    inventory,
    layoutDirectory: image.layoutDirectory,
  }
  return { inventory, scan: await runScanners(scanners, target, { timeoutMs: 300_000 }) }
}
