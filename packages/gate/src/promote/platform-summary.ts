import type { Digest, Platform } from '@sallyport/core'
import type { HardenReport } from '@sallyport/harden'
import type { Decision } from '@sallyport/policy'
import type { MergedScan } from '@sallyport/scan'

/** What an image was found to be, before and after hardening. */
export interface ImageSummary {
  readonly digest: Digest
  readonly packages: number
  /** Size of the compressed layers. */
  readonly bytes: number
  readonly findings: MergedScan['findings']
}

/** What happened to the image of one platform. */
export interface PlatformSummary {
  readonly platform: Platform
  readonly before: ImageSummary
  readonly after: ImageSummary
  /** Absent when hardening was not asked for. */
  readonly hardening?: HardenReport | undefined
  readonly decision: Decision
}
