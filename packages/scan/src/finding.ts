/** Severity, worst last. */
export type Severity = 'unknown' | 'negligible' | 'low' | 'medium' | 'high' | 'critical'

/** Whether a fix exists, for this distribution release where there is one. */
export type FixState = 'fixed' | 'not-fixed' | 'wont-fix' | 'unknown'

/** The package that a finding is about. */
export interface FindingPackage {
  readonly purl: string
  readonly type: string
  readonly name: string
  readonly version: string
  readonly sourceName?: string | undefined
  readonly sourceVersion?: string | undefined
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
  readonly fix: { readonly state: FixState; readonly versions: readonly string[] }
  readonly title?: string | undefined
  readonly url?: string | undefined
  /** ISO 8601 time of publication. */
  readonly published?: string | undefined
  /** Names of the scanners that reported it, sorted. */
  readonly scanners: readonly string[]
}
