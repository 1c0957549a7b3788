import type { ExaminedImage, ImageJudgement } from '../steps/judge-image.ts'
import type { ImageSummary, PlatformSummary } from './platform-summary.ts'

/** What people and records need to know of a judgement, without the open files behind it. */
export function summarizeJudgement({
  platform,
  before,
  after,
  hardening,
  decision,
}: ImageJudgement): PlatformSummary {
  return { platform, before: summarizeImage(before), after: summarizeImage(after), hardening, decision }
}

function summarizeImage({ image, inventory, scan }: ExaminedImage): ImageSummary {
  return {
    digest: image.raw.descriptor.digest,
    packages: inventory.packages.length,
    bytes: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    findings: scan.findings,
  }
}
