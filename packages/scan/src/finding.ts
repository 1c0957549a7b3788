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
  /** purl of the inventory's package where the scanner's could be matched with one, else the scanner's own. */
  readonly purl: string
  /** Type of the purl. */
  readonly type: string
  /** Name in its ecosystem. */
  readonly name: string
  /** Installed version. */
  readonly version: string
  /** Source package that it was built of, where known. */
  readonly sourceName?: string | undefined
  /** Version of that source package. */
  readonly sourceVersion?: string | undefined
  /** Diff id of the layer that it was found in. */
  readonly layer?: Digest | undefined
  /** The file that names it, or that it is. */
  readonly path?: string | undefined
}

/** What one scanner said of a merged finding. */
export interface ScannerClaim {
  /** Name of the scanner. */
  readonly scanner: string
  /** The id under which it reported the vulnerability. */
  readonly id: string
  /** The level that it gave. */
  readonly severity: Severity
  /** What it said of a fix. */
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
  /** What was said of it. */
  readonly status: 'not_affected' | 'fixed' | 'ignored'
  /** VEX justification label, e.g. `vulnerable_code_not_present`. */
  readonly justification?: string | undefined
  /** The reason in words. */
  readonly statement?: string | undefined
  /** Who vouches for it. */
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
  /** `YYYY-MM-DD` until when federal agencies of the US have to repair it. */
  readonly dueDate?: string | undefined
  /** Whether ransomware is known to use it; absent where nobody knows. */
  readonly ransomware?: boolean | undefined
}

/** Exploit prediction by FIRST's EPSS. */
export interface EpssScore {
  /** Probability of exploitation in the next 30 days, 0 to 1. */
  readonly probability: number
  /** Share of all scored vulnerabilities with the same or a lower probability, 0 to 1. */
  readonly percentile: number
  /** `YYYY-MM-DD`. */
  readonly date?: string | undefined
}

/** What one source says of a finding's severity. */
export interface SeverityRating {
  /** Who says so, such as `debian`, `ghsa` or `nvd`. */
  readonly source: string
  /** The level by its word, or by its score. */
  readonly level: Severity
  /** CVSS base score and vector, when the source gives one. */
  readonly score?: number | undefined
  /** CVSS vector, of whatever version. */
  readonly vector?: string | undefined
}

/** One vulnerability in one installed package, whatever scanner found it. */
export interface Finding {
  /** Primary id: CVE before GHSA before native. */
  readonly id: string
  /** Other ids of the same vulnerability. Never ids of advisories that cover several. */
  readonly aliases: readonly string[]
  /** The installed package. */
  readonly package: FindingPackage
  /** The level that counts, and all ratings it was chosen from. */
  readonly severity: Severity
  /** All ratings of all sources. */
  readonly ratings: readonly SeverityRating[]
  /** Whether there is a fix, and in which versions. */
  readonly fix: {
    readonly state: FixState
    readonly versions: readonly string[]
    /** The lowest version above the installed one that everybody who names a fix accepts. */
    readonly suggested?: string | undefined
    /** ISO 8601 time at which the first fix could be had, where a source dates it. */
    readonly availableAt?: string | undefined
  }
  /** Known exploitation. */
  readonly kev?: KevEntry | undefined
  /** Exploit prediction. */
  readonly epss?: EpssScore | undefined
  /** Present when the finding does not count. */
  readonly suppressed?: Suppression | undefined
  /** Why a policy may look at it differently. `kernel-not-shipped`: of the kernel, in a package that holds none. */
  readonly note?: 'kernel-not-shipped' | undefined
  /** What each scanner said; in merged findings. */
  readonly claims?: readonly ScannerClaim[] | undefined
  /** One line of what it is. */
  readonly title?: string | undefined
  /** Where to read more. */
  readonly url?: string | undefined
  /** ISO 8601 time of publication. */
  readonly published?: string | undefined
  /** Names of the scanners that reported it, sorted. */
  readonly scanners: readonly string[]
}

/** Something wrong with an image that is no vulnerability of a package. */
export interface Weakness {
  /** What kind of weakness it is. */
  readonly kind: 'secret' | 'misconfiguration' | 'license'
  /** The rule that found it. */
  readonly id: string
  /** Severity as the scanner says. */
  readonly severity: Severity
  /** One line of what it is. */
  readonly title: string
  /** What was found, without any secret. */
  readonly message?: string | undefined
  /** The file that it is in. */
  readonly path?: string | undefined
  /** First line of it in that file, counted from 1. */
  readonly startLine?: number | undefined
  /** Last line of it. */
  readonly endLine?: number | undefined
  /** Diff id of the layer that it was found in. */
  readonly layer?: Digest | undefined
  /** Name of the scanner that found it. */
  readonly scanner: string
  /** Present when it does not count. */
  readonly suppressed?: Suppression | undefined
}
