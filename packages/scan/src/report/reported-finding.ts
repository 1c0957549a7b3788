import type { Digest } from '@sallyport/core'
import type { Finding, FixState, Suppression } from '../finding.ts'

/** A package as a report names it; what is missing is looked up in the inventory. */
export interface ReportedPackage {
  readonly name: string
  readonly version?: string | undefined
  /** Type of purls, where the report tells it. */
  readonly type?: string | undefined
  readonly arch?: string | undefined
  readonly purl?: string | undefined
  /** Whether the report names the source package: then it stands for all packages made of it. */
  readonly isSource?: boolean | undefined
  readonly path?: string | undefined
  readonly layer?: Digest | undefined
}

/** A vulnerability as a report tells it, before it is about packages of the inventory. */
export interface ReportedFinding {
  readonly id: string
  readonly aliases?: readonly string[] | undefined
  readonly package: ReportedPackage
  /** Severities in words, by source. */
  readonly words: readonly { readonly source: string; readonly word: string }[]
  /** CVSS scores and vectors, by source. */
  readonly scores: readonly {
    readonly source: string
    readonly score?: number | undefined
    readonly vector?: string | undefined
  }[]
  readonly fix: { readonly state: FixState; readonly versions: readonly string[] }
  readonly title?: string | undefined
  readonly url?: string | undefined
  readonly published?: string | undefined
  readonly kev?: Finding['kev']
  readonly suppressed?: Suppression | undefined
}
