/** One package of an rpm database, as its header tells it. */
export interface RpmHeader {
  readonly name: string
  readonly epoch?: number | undefined
  readonly version: string
  readonly release: string
  readonly arch?: string | undefined
  readonly license?: string | undefined
  readonly vendor?: string | undefined
  readonly sourceRpm?: string | undefined
  readonly modularityLabel?: string | undefined
  /** Capabilities, `name` or `name operator version`. */
  readonly requires: readonly string[]
  readonly provides: readonly string[]
  /** What was installed: no directories, no ghosts, nothing that another package replaced. */
  readonly files: readonly string[]
  /**
   * What the header says each of them hashes to, in the same order: lower-case hexadecimal, nothing for what was no regular
   * file, `null` where it says nothing or the file may change, as configuration does. Empty where all are `null`.
   */
  readonly sums: readonly (string | null)[]
  /** Number of that hash; see `RpmFile`. */
  readonly sumAlgorithm: number
}

/** What an rpm database holds. */
export interface RpmDatabase {
  readonly headers: readonly RpmHeader[]
  /** What is wrong with some of its packages, or with all that come after. */
  readonly problems: readonly string[]
}

/** One record of a database file: a header and its number there, or why there is none. */
export type RpmRecord =
  | { readonly number: number; readonly header: Uint8Array }
  | { readonly problem: string }
