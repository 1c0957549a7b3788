import type { Digest } from '@sallyport/core'

/** Where evidence about an image stands that other writers may displace: a tag, or the list of its referrers. */
export interface EvidencePlace {
  /** How long others may still displace what was written here last, in milliseconds; 0: nobody can. */
  atRiskMs(): number
  /** Looks for all that was written here and writes again what is missing. Resolves with whether something was. */
  restore(signal: AbortSignal | undefined): Promise<boolean>
}

/** How much longer others may take between reading and writing than the slowest write seen here. */
export const settleFactor = 4
/** Longest pause, in milliseconds. */
export const maxSettleMs = 10_000

/** What was stored. */
export interface StoredEvidence {
  /** Manifest that carries it. */
  readonly manifest: Digest
  readonly blob: Digest
}
