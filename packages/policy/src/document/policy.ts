import type { Digest } from '@sallyport/core'
import type { Usage } from '@sallyport/harden'
import type { FreezeWindow } from './tier.ts'
import type { Finding, FixState, Severity } from '@sallyport/scan'

/** A note that a rule may leave out: `kernel-not-shipped`, a flaw of the kernel in a package of its headers. */
export type FindingNote = NonNullable<Finding['note']>

/** A limit on how many findings of a kind may stay. Fields that are absent match everything. */
export interface Threshold {
  readonly name: string
  readonly severity?: readonly Severity[] | undefined
  readonly usage?: readonly Usage[] | undefined
  readonly fix?: readonly FixState[] | undefined
  /** Findings with one of these notes are not counted. */
  readonly except?: readonly FindingNote[] | undefined
  readonly max: number
}

/** An exception for one vulnerability in one package, for a time. */
export interface Waiver {
  readonly id: string
  /** CVE, GHSA or other id; aliases of a finding match too. */
  readonly vulnerability: string
  /** purl without version (any version), or with one (exactly that); compared parsed. */
  readonly package: string
  readonly reason: string
  readonly owner: string
  /** ISO 8601 date or time; a date ends at the start of that day, UTC. */
  readonly expires: string
  /** Tiers it applies to; all when absent. */
  readonly tiers?: readonly string[] | undefined
}

/** What holds in one tier. */
export interface Tier {
  readonly thresholds: readonly Threshold[]
  /** Data older than this makes the verdict `error`. */
  readonly maxDataAgeMs?: number | undefined
  /** Gap codes that this tier accepts, each with a reason, for images matched by destination glob. */
  readonly acceptedGaps: readonly {
    readonly code: string
    readonly images: string
    readonly reason: string
  }[]
  /** Times in which no tag moves. */
  readonly freeze?: readonly FreezeWindow[] | undefined
}

/** A parsed policy document. Made by `parsePolicy`; immutable. */
export interface Policy {
  /** File name or URI, for messages and for the decision. */
  readonly source: string
  /** Digest of the document's bytes. */
  readonly digest: Digest
  readonly tiers: ReadonlyMap<string, Tier>
  readonly waivers: readonly Waiver[]
}
