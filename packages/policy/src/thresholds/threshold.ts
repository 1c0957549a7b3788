import type { Usage } from '@sallyport/harden'
import type { Finding, FixState, Severity } from '@sallyport/scan'

/** A note that a rule may leave out: `kernel-not-shipped`, a flaw of the kernel in a package of its headers. */
export type FindingNote = NonNullable<Finding['note']>

/**
 * From when the age of a finding is counted: its disclosure, the first fix for it (where no source dates one, its
 * disclosure), or when it was first seen in this image line.
 */
export type AgeSince = 'disclosure' | 'fix' | 'first-seen'

/**
 * What CISA's catalogue of known exploited vulnerabilities says: `listed`; `overdue`, listed and past its own due date
 * (that day, by UTC, is over; an entry without one is overdue); `not-listed`.
 */
export type KevState = 'listed' | 'overdue' | 'not-listed'

/** Which exploit predictions count. */
export interface EpssLimit {
  /** Lowest probability of exploitation in the next 30 days that counts, 0 to 1. */
  readonly atLeast?: number | undefined
  /** Lowest percentile that counts, 0 to 1. With `atLeast` too, both must be reached. */
  readonly percentile?: number | undefined
  /** What becomes of a finding that nobody scored, as new ones and those without a CVE are. */
  readonly missing: 'count' | 'skip'
}

/** A limit on how many findings of a bucket may stay. Fields that are absent match everything. */
export interface Threshold {
  /** Severities that count. */
  readonly severity?: readonly Severity[] | undefined
  /** State of the fix, for this distribution release. */
  readonly fix?: readonly FixState[] | undefined
  /** Usages that count. */
  readonly usage?: readonly Usage[] | undefined
  /** Only findings of at least that age, in milliseconds. One whose date is missing or still to come is old enough. */
  readonly age?: { readonly since: AgeSince; readonly atLeast: number } | undefined
  /** States in the catalogue of known exploited vulnerabilities that count. */
  readonly kev?: readonly KevState[] | undefined
  /** Likelihoods of exploitation that count. */
  readonly epss?: EpssLimit | undefined
  /** Types of purls, e.g. `deb` or `npm`. */
  readonly ecosystem?: readonly string[] | undefined
  /** purls, compared parsed (without a version: any), or names in which `*` stands for any run of characters. */
  readonly package?: readonly string[] | undefined
  /** Findings with one of these notes are not counted. */
  readonly except?: readonly FindingNote[] | undefined
  /** How many may stay. */
  readonly max: number
}
