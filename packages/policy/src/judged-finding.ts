import type { Usage, UsageEdge } from '@sallyport/harden'
import type { EpssScore, Finding, FixState, KevEntry, Severity, Suppression } from '@sallyport/scan'

/** A finding as the decision saw it. */
export interface JudgedFinding {
  readonly id: string
  readonly aliases: readonly string[]
  readonly purl: string
  readonly package: string
  readonly version: string
  readonly severity: Severity
  readonly fix: {
    readonly state: FixState
    readonly versions: readonly string[]
    readonly suggested?: string | undefined
    /** ISO 8601 time since when there is one, where a source tells. */
    readonly availableAt?: string | undefined
  }
  /** Known exploitation, where a catalogue lists it. */
  readonly kev?: KevEntry | undefined
  readonly epss?: EpssScore | undefined
  /** ISO 8601 instants from which grace may be counted; what nobody knows is absent, and grants none. */
  readonly since?:
    | {
        readonly disclosure?: string | undefined
        readonly fix?: string | undefined
        /** First seen here, in this image line. */
        readonly firstSeen?: string | undefined
      }
    | undefined
  readonly usage: Usage
  /** The package's file that is needed, and the chain from the entry point to it. */
  readonly file?: string | undefined
  readonly chain: readonly UsageEdge[]
  /** Why the package stays although nothing reaches it. */
  readonly keptBy?: string | undefined
  /** Waiver that takes it out of the count. */
  readonly waivedBy?: string | undefined
  /**
   * Who says that it does not count. VEX and imported ignore rules, which somebody chose to trust, take it out of the
   * count; what only a scanner set aside by its own rules is counted.
   */
  readonly suppressed?: Suppression | undefined
  /** What the scanner noted; see `Finding` of `@sallyport/scan`. */
  readonly note?: Finding['note']
  /** A waiver that names it but does not apply, and why. */
  readonly nearMiss?: { readonly waiver: string; readonly why: string } | undefined
}
