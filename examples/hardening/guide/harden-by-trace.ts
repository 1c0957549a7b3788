import { type HardenResult, hardenImage } from '@sallyport/harden'
import type { UsageEvidence } from '@sallyport/harden/evidence'
import type { SmokeTest } from '@sallyport/harden/smoke'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** Takes out what complete recordings of an hour or more do not show, even where it may be used. */
export function hardenByTrace(
  image: Image,
  inventory: Inventory,
  evidence: readonly UsageEvidence[],
  smoke: SmokeTest,
): Promise<HardenResult> {
  return hardenImage(image, inventory, {
    evidence,
    traceOnly: { minimumCoverage: { windowMs: 3_600_000, records: 3 } },
    smoke,
  })
}
