import type { Digest, Platform } from '@sallyport/core'
import type { HardenReport } from '@sallyport/harden'
import type { PatchReport } from '@sallyport/harden/patch'
import type { Decision } from '@sallyport/policy'
import type { MergedScan } from '@sallyport/scan'
import type { LayerChange } from './pair-layers.ts'

/** What an image was found to be, before and after hardening. */
export interface ImageSummary {
  /** Digest of the image. */
  readonly digest: Digest
  /** How many packages it holds. */
  readonly packages: number
  /** Size of the compressed layers. */
  readonly bytes: number
  /** What the scanners found, merged. */
  readonly findings: MergedScan['findings']
}

/** A vulnerability in a package. */
export interface FindingName {
  /** The name that the finding has in the scan. */
  readonly id: string
  /** The package, as a purl. */
  readonly purl: string
}

/** What hardening and patching did to the findings of an image. */
export interface FindingsChange {
  /** Gone with their packages. */
  readonly fixedByRemoval: readonly FindingName[]
  /** Gone with the version of their packages; absent when nothing was patched. */
  readonly fixedByPatch?: readonly FindingName[] | undefined
  /** How many are still there. */
  readonly remaining: number
  /** Gone although their packages stayed, which makes the verdict `error`. */
  readonly vanished: readonly FindingName[]
}

/** What happened to the image of one platform. */
export interface PlatformSummary {
  /** The platform. */
  readonly platform: Platform
  /** As it was at the source. */
  readonly before: ImageSummary
  /** As it is promoted. */
  readonly after: ImageSummary
  /** Absent when hardening was not asked for. */
  readonly hardening?: HardenReport | undefined
  /** Absent when patching was not asked for. Keep `lastSeen` of it for the next time. */
  readonly patches?: PatchReport | undefined
  /** What hardening and patching did to the findings; absent when nothing was changed. */
  readonly change?: FindingsChange | undefined
  /** What became of each layer, the base layer first; absent in what an earlier version wrote. */
  readonly layers?: readonly LayerChange[] | undefined
  /** The decision about this image. */
  readonly decision: Decision
}
