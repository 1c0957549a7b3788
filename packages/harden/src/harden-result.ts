import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { ConfigCheck } from './config/config-check.ts'
import type { TraceCoverage } from './evidence/trace-coverage.ts'
import type { StripReport } from './strip/plan-strip.ts'
import type { PackageUsage } from './usage/usage.ts'

/** A package that leaves the image. */
export interface PackageRemoval {
  /** purl, as the inventory has it. */
  readonly purl: string
  /** Its name. */
  readonly name: string
  /** Its version. */
  readonly version: string
  /** Bytes of its files, uncompressed. */
  readonly bytes: number
  /** How many files it had. */
  readonly files: number
}

/** A dependency that was satisfied, and is not any more: no file of the package reaches one of what it names. */
export interface OpenDependency {
  /** The package that has it. */
  readonly purl: string
  /** As dpkg writes it, e.g. `default-mta | mail-transport-agent`. */
  readonly dependsOn: string
}

/** The outcome of one invariant: a law that must hold between the image before and after. */
export interface InvariantResult {
  /** I1 to I13, see docs/hardening.md. */
  readonly id: string
  /** Whether nothing breaks it. */
  readonly holds: boolean
  /** At most ten examples of what breaks it. */
  readonly violations: readonly string[]
}

/** What shows that a result still works, beside the laws. */
export type HardenProof =
  /** It answered as the image did before. */
  | { readonly by: 'smoke-test'; readonly name: string }
  /** The caller said that it is tested elsewhere. */
  | { readonly by: 'caller'; readonly name: string }
  /** Complete recordings of the image: they were made by these tracers. */
  | { readonly by: 'trace'; readonly sources: readonly string[] }

/** What was done to an image, and why the rest stayed. */
export interface HardenReport {
  /** The mode of the plan that was carried out. */
  readonly mode: 'closed' | 'relaxed'
  /** Packages that left. */
  readonly removed: readonly PackageRemoval[]
  /** Every package that stays, with its reason. */
  readonly kept: readonly PackageUsage[]
  /** Paths removed that no package owns (caches, links that would dangle). */
  readonly removedPaths: readonly string[]
  /** Dependencies of kept packages that `relaxed` mode or a dropped package opened, sorted. */
  readonly openDependencies?: readonly OpenDependency[] | undefined
  /** Outcome of each law; empty when nothing was written. */
  readonly invariants: readonly InvariantResult[]
  /** What recordings tell; unless `complete`, it is not known what is executed. Default `none`. */
  readonly coverage?: TraceCoverage | undefined
  /** Absent where nobody ran the image, or nothing changed. */
  readonly proof?: HardenProof | undefined
  /** Files that left packages which stay; present when that was asked for. */
  readonly strip?: StripReport | undefined
  /** Outcome of each check of the configuration; present when they were asked for. */
  readonly checks?: readonly ConfigCheck[] | undefined
  /** Bytes of all layers as they are stored. */
  readonly bytes?: { readonly before: number; readonly after: number } | undefined
  /** Why less was done than was asked for: a smaller plan stands instead. */
  readonly limitedBecause?: readonly string[] | undefined
  /** Reason when the image is unchanged: nothing to remove, or an image that can't be edited safely. */
  readonly unchangedBecause?: string | undefined
  /** How often the plan shrank because an invariant did not hold. */
  readonly rounds: number
}

/** Result of {@link hardenImage}. `image` is absent when nothing changed: the original image then stands. */
export interface HardenResult {
  /** What was done, and why not more. */
  readonly report: HardenReport
  /** The new image, open, with its own copy of every blob. Dispose it to delete its files. */
  readonly image?: Image | undefined
  /** Packages of `image`, as they were read from it for the checks; present exactly when it is. */
  readonly inventory?: Inventory | undefined
}
