import type { Digest } from '@sallyport/core'
import type { PackageRemoval, PackageUsage } from '@sallyport/harden'
import type { Inventory } from '@sallyport/inventory'
import type { Finding, MergedScan } from '@sallyport/scan'

/** Everything that a decision about one platform's image rests on. */
export interface PolicyFacts {
  /** Digest of the image manifest that is judged. */
  readonly subject: Digest
  /** Where it would go: `registry/repository:tag`. */
  readonly destination: string
  readonly inventory: Inventory
  /** All scanners that were asked, merged. A scanner that failed has a report of that status. */
  readonly scan: MergedScan
  /** Steps that gave no answer, e.g. a scanner that crashed. Any entry makes the verdict `error`. */
  readonly failures: readonly { readonly step: string; readonly code: string; readonly message: string }[]
  /** Usage of every package of `inventory`; a package without an entry counts as `possible`. */
  readonly usage: readonly PackageUsage[]
  /**
   * Whether a trace with full coverage stands behind `usage`. Default `false`: what is executed is then unknown, and
   * rules for `executed` or `loaded` count `linked` and `possible` too.
   */
  readonly traced?: boolean | undefined
  /**
   * Findings of the image before it was hardened that are not found again although their package stayed. Any entry makes
   * the verdict `error`: a scanner that loses sight of something has not judged it.
   */
  readonly vanished?: readonly Finding[] | undefined
  /** What else a reader of the decision should know, such as VEX statements that were not believed. */
  readonly notes?: readonly { readonly code: string; readonly message: string }[] | undefined
  /** What hardening removed, for the explanation. */
  readonly removed: readonly PackageRemoval[]
}
