import type { Digest } from '@sallyport/core'
import type { FixState, Severity } from '@sallyport/scan'

/** What a waiver covers; at least one of the three. All that are given must hold. */
export interface WaiverScope {
  /**
   * purl, compared parsed. With a version it covers that one; `versions` names a range (VERS, e.g. `vers:deb/>=1.2|<1.4`)
   * instead.
   */
  readonly package?: string | undefined
  /** Versions that it covers, as a range. Default: all. */
  readonly versions?: string | undefined
  /** Let `package` name the source package that the installed one was built of. Default `false`. */
  readonly sourcePackage?: boolean | undefined
  /** Digest of the source image or of the promoted one. */
  readonly digest?: Digest | undefined
  /** `registry/repository` of the destination. */
  readonly repository?: string | undefined
}

/** An exception for one vulnerability, for a time, that somebody answers for. */
export interface Waiver {
  /** Unique over all files. */
  readonly id: string
  /** CVE, GHSA or other id; each alias of a finding matches too. */
  readonly vulnerability: string
  /** What it covers. */
  readonly scope: WaiverScope
  /** Why, for people. */
  readonly reason: string
  /** Who answers for it. */
  readonly owner: string
  /** Instant at which it ends, exclusive, ISO 8601 in UTC. Of a bare date: the end of that day. */
  readonly expires: string
  /** As it was written. */
  readonly expiresText: string
  /** Tiers it applies to; all when absent. */
  readonly tiers?: readonly string[] | undefined
  /** Who approved it. */
  readonly approver?: string | undefined
  /** Name of a ticket about it. */
  readonly ticket?: string | undefined
  /** `fixed`: void as soon as there is a fix. */
  readonly until?: 'fixed' | undefined
  /** What was known when it was granted; it is void when it gets worse. */
  readonly granted?:
    | {
        readonly at: string
        readonly severity: Severity
        readonly fix?: FixState | undefined
        readonly kev?: boolean | undefined
      }
    | undefined
}

/** A file of waivers. Made by `parseWaivers`; immutable. */
export interface WaiverFile {
  /** File name or URI. */
  readonly source: string
  /** Digest of its bytes. */
  readonly digest: Digest
  /** The waivers, in their order. */
  readonly waivers: readonly Waiver[]
  /** What was lost or changed on import from another format. */
  readonly warnings?: readonly string[] | undefined
}

/**
 * State of a waiver at the time of a decision. `applied`; `expired`; `unused`: it matches nothing; `shadowed`: another one
 * covers all that it would; `too-wide`: it lasts longer than its tier allows, and is not applied; `void`: what it was
 * granted for got worse, and it is not applied.
 */
export type WaiverStatus = 'applied' | 'expired' | 'unused' | 'shadowed' | 'too-wide' | 'void'
