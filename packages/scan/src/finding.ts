import type { Digest } from '@sallyport/core'

/** Severity, worst last. */
export type Severity = 'unknown' | 'negligible' | 'low' | 'medium' | 'high' | 'critical'

/**
 * Whether a fix exists, for this distribution release where there is one. `wont-fix`: its maker decided against one;
 * `deferred`: it comes with some later update; `end-of-life`: nobody repairs this package any more.
 */
export type FixState = 'fixed' | 'not-fixed' | 'wont-fix' | 'deferred' | 'end-of-life' | 'unknown'

/** The package that a finding is about. */
export interface FindingPackage {
  readonly purl: string
  readonly type: string
  readonly name: string
  readonly version: string
  readonly sourceName?: string | undefined
  readonly sourceVersion?: string | undefined
  /** Diff id of the layer that it was found in. */
  readonly layer?: Digest | undefined
  /** The file that names it, or that it is. */
  readonly path?: string | undefined
}

/** What one scanner said of a merged finding. */
export interface ScannerClaim {
  readonly scanner: string
  /** The id under which it reported the vulnerability. */
  readonly id: string
  readonly severity: Severity
  readonly fix: { readonly state: FixState; readonly versions: readonly string[] }
  /** Present when it set the vulnerability aside. */
  readonly suppressed?: Suppression | undefined
}

/** Why a finding does not count: somebody said so, and who. */
export interface Suppression {
  /**
   * `vex`: a statement that the caller trusts; `waiver`: an ignore rule that the caller imported; `scanner`: whatever the
   * scanner went by, which nobody vouched for here.
   */
  readonly kind: 'vex' | 'waiver' | 'scanner'
  readonly status: 'not_affected' | 'fixed' | 'ignored'
  /** VEX justification label, e.g. `vulnerable_code_not_present`. */
  readonly justification?: string | undefined
  readonly statement?: string | undefined
  readonly author?: string | undefined
  /** ISO 8601. */
  readonly expires?: string | undefined
  /** Document or file that says it. */
  readonly source: string
}

/** Exploitation that CISA's catalogue of known exploited vulnerabilities lists. */
export interface KevEntry {
  /** `YYYY-MM-DD`. */
  readonly dateAdded: string
  readonly dueDate?: string | undefined
  readonly ransomware?: boolean | undefined
}

/** Exploit prediction by FIRST's EPSS. */
export interface EpssScore {
  /** Probability of exploitation in the next 30 days, 0 to 1. */
  readonly probability: number
  readonly percentile: number
  /** `YYYY-MM-DD`. */
  readonly date?: string | undefined
}

/** What one source says of a finding's severity. */
export interface SeverityRating {
  readonly source: string
  readonly level: Severity
  /** CVSS base score and vector, when the source gives one. */
  readonly score?: number | undefined
  readonly vector?: string | undefined
}

/** One vulnerability in one installed package, whatever scanner found it. */
export interface Finding {
  /** Primary id: CVE before GHSA before native. */
  readonly id: string
  /** Other ids of the same vulnerability. Never ids of advisories that cover several. */
  readonly aliases: readonly string[]
  readonly package: FindingPackage
  /** The level that counts, and all ratings it was chosen from. */
  readonly severity: Severity
  readonly ratings: readonly SeverityRating[]
  readonly fix: {
    readonly state: FixState
    readonly versions: readonly string[]
    /** The lowest version above the installed one that everybody who names a fix accepts. */
    readonly suggested?: string | undefined
  }
  readonly kev?: KevEntry | undefined
  readonly epss?: EpssScore | undefined
  /** Present when the finding does not count. */
  readonly suppressed?: Suppression | undefined
  /** Why a policy may look at it differently. `kernel-not-shipped`: of the kernel, in a package that holds none. */
  readonly note?: 'kernel-not-shipped' | undefined
  /** What each scanner said; in merged findings. */
  readonly claims?: readonly ScannerClaim[] | undefined
  readonly title?: string | undefined
  readonly url?: string | undefined
  /** ISO 8601 time of publication. */
  readonly published?: string | undefined
  /** Names of the scanners that reported it, sorted. */
  readonly scanners: readonly string[]
}

/** Something wrong with an image that is no vulnerability of a package. */
export interface Weakness {
  readonly kind: 'secret' | 'misconfiguration' | 'license'
  /** The rule that found it. */
  readonly id: string
  readonly severity: Severity
  readonly title: string
  /** What was found, without any secret. */
  readonly message?: string | undefined
  readonly path?: string | undefined
  readonly startLine?: number | undefined
  readonly endLine?: number | undefined
  readonly layer?: Digest | undefined
  readonly scanner: string
  /** Present when it does not count. */
  readonly suppressed?: Suppression | undefined
}
