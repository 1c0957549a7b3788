import type { Usage, UsageEdge } from '@sallyport/harden'
import type { EpssScore, Finding, FixState, KevEntry, Severity, Suppression } from '@sallyport/scan'

/** A finding as the decision saw it. */
export interface JudgedFinding {
  /** The name that the finding has in the scan. */
  readonly id: string
  /** Its other names, such as a CVE id. */
  readonly aliases: readonly string[]
  /** The package, as a purl. */
  readonly purl: string
  /** Name of the package. */
  readonly package: string
  /** Version of the package. */
  readonly version: string
  /** The severity that counts. */
  readonly severity: Severity
  /** Whether there is a repaired version, which, and since when. */
  readonly fix: {
    readonly state: FixState
    readonly versions: readonly string[]
    readonly suggested?: string | undefined
    /** ISO 8601 time since when there is one, where a source tells. */
    readonly availableAt?: string | undefined
  }
  /** Known exploitation, where a catalogue lists it. */
  readonly kev?: KevEntry | undefined
  /** How likely it is to be exploited (EPSS), where a scanner knows. */
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
  /** How strongly it is known that the package is used. */
  readonly usage: Usage
  /** `false` where other packages of the image were analysed and this one was not: a scanner alone knows of it. */
  readonly isAnalysed?: boolean | undefined
  /** The package's file that is needed, and the chain from the entry point to it. */
  readonly file?: string | undefined
  /** How the package is reached from what is started; empty where that is not known. */
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
