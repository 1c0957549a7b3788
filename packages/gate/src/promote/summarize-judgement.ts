import type { Finding } from '@sallyport/scan'
import type { ExaminedImage } from '../steps/examined-image.ts'
import type { ImageJudgement } from '../steps/judge-image.ts'
import { pairLayers } from './pair-layers.ts'
import type { FindingName, FindingsChange, ImageSummary, PlatformSummary } from './platform-summary.ts'

/** What people and records need to know of a judgement, without the open files behind it. */
export function summarizeJudgement({
  platform,
  before,
  after,
  hardening,
  patches,
  change,
  facts,
  decision,
}: ImageJudgement): PlatformSummary {
  return {
    platform,
    before: summarizeImage(before),
    after: summarizeImage(after),
    hardening,
    patches,
    ...(change && { change: summarizeChange(change, facts) }),
    layers: pairLayers(before.image.layers, after.image.layers),
    decision,
  }
}

function summarizeChange(
  { gone }: NonNullable<ImageJudgement['change']>,
  { scan, vanished = [] }: ImageJudgement['facts'],
): FindingsChange {
  const goneBy = (wanted: (typeof gone)[number]['reason']) =>
    gone.filter(({ reason }) => reason === wanted).map(({ finding }) => nameOf(finding))
  const fixedByPatch = goneBy('package-changed')
  return {
    fixedByRemoval: goneBy('package-removed'),
    ...(fixedByPatch.length > 0 && { fixedByPatch }),
    remaining: scan.findings.length,
    vanished: vanished.map(nameOf),
  }
}

const nameOf = ({ id, package: { purl } }: Finding): FindingName => ({ id, purl })

function summarizeImage({ image, inventory, scan }: ExaminedImage): ImageSummary {
  return {
    digest: image.raw.descriptor.digest,
    packages: inventory.packages.length,
    bytes: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    findings: scan.findings,
  }
}
