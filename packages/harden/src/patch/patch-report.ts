import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { InvariantResult } from '../harden-result.ts'
import type { LastSeen } from './patch-source.ts'

/**
 * What became of a package or finding. `fix-announced-not-in-mirror`: somebody knows a repaired version that no source
 * has yet, which is no failure; `refused`: there is one that can't be taken, `reason` says why; `up-to-date`: no source
 * has a newer version; `not-supported`: packages of this kind can't be patched, or no source is for them.
 */
export type PatchState =
  | 'patched'
  | 'fix-announced-not-in-mirror'
  | 'refused'
  | 'up-to-date'
  | 'not-supported'

/** A package that was looked at. */
export interface PackagePatch {
  /** purl before. */
  readonly purl: string
  /** Name, as the inventory has it. */
  readonly name: string
  /** Version before. */
  readonly version: string
  /** What became of it. */
  readonly state: PatchState
  /** Newest version that the sources have, where it is newer; the one that it has now, when it is `patched`. */
  readonly available?: string | undefined
  /** Why it was not patched. */
  readonly reason?: string | undefined
  /** Configuration files that image and package both changed: they are as the image had them. */
  readonly keptConffiles?: readonly string[] | undefined
  /** Paths of the new version that were not written, as the image excludes them or had deleted them. */
  readonly leftOut?: readonly string[] | undefined
}

/** A finding for which a repaired version was announced. */
export interface FindingPatch {
  /** Its id, e.g. `CVE-2026-0001`. */
  readonly id: string
  /** purl of the package before. */
  readonly purl: string
  /** The version that repairs it, of the source package where there is one. */
  readonly fixedIn: string
  /** What became of it. */
  readonly state: PatchState
  /** Why it is still there. */
  readonly reason?: string | undefined
}

/** A source that was given. */
export interface SourceUse {
  /** Suite, or repository of apk. */
  readonly name: string
  /** When its index was made, ISO 8601; absent when it was not read. */
  readonly date?: string | undefined
  /** Why nothing was taken from it. */
  readonly unusedBecause?: string | undefined
}

/** What {@link patchImage} did, and why not more. */
export interface PatchReport {
  /** Packages that were asked for, and those that had to follow, in the order of the inventory. */
  readonly packages: readonly PackagePatch[]
  /** Findings for which a repaired version was announced. */
  readonly findings: readonly FindingPatch[]
  /** Each source that was given, and whether it was used. */
  readonly sources: readonly SourceUse[]
  /** What was given as `lastSeen`, with the dates of this time. Keep it for the next. */
  readonly lastSeen: LastSeen
  /** Outcome of each law; empty when nothing was written. */
  readonly invariants: readonly InvariantResult[]
  /** Present when the image is as it was. */
  readonly unchangedBecause?: string | undefined
}

/** Result of {@link patchImage}. `image` is absent when nothing changed: the original image then stands. */
export interface PatchResult {
  /** What was done, and why not more. */
  readonly report: PatchReport
  /** The new image, open. Dispose it to delete its files. */
  readonly image?: Image | undefined
  /** Packages of `image`, as they were read from it; present exactly when it is. */
  readonly inventory?: Inventory | undefined
}

/** What {@link patchImage} tells as it happens. */
export type PatchProgress =
  | { readonly type: 'source-opened'; readonly name: string; readonly date: string }
  | {
      readonly type: 'package-fetched'
      readonly name: string
      readonly version: string
      readonly size: number
    }
  | { readonly type: 'package-refused'; readonly name: string; readonly reason: string }
  | { readonly type: 'image-written'; readonly packages: number }
