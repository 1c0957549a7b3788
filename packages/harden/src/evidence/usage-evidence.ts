import type { Digest } from '@sallyport/core'

/** What was seen to happen to a file: started as a program, mapped as code, opened, or looked at by name. */
export type EvidenceOperation = 'exec' | 'mmap' | 'open' | 'stat'

/** One path that a running container used. */
export interface EvidenceRecord {
  /**
   * Absolute path inside the image, as the process named it: links in it are not followed. Where `exact` is false it
   * is a pattern: `⋯` stands for one part, `*` for any number of parts, a last part that ends in `*` for all that
   * begin so.
   */
  readonly path: string
  /** What was done to it. */
  readonly operation: EvidenceOperation
  /** Name of the process, the first that did it. */
  readonly process?: string | undefined
  /** How often it was seen. */
  readonly count: number
  /** Whether `path` is one path, and no pattern. */
  readonly exact: boolean
}

/** Why a recording can't be complete, e.g. lines that could not be read. */
export interface EvidenceGap {
  /** What is the matter with it: lines that can't be read, events that were lost, a source that does not see all. */
  readonly code: 'UNREADABLE' | 'LOST_EVENTS' | 'PARTIAL_SOURCE'
  /** In words. */
  readonly message: string
  /** How often. */
  readonly count: number
}

/** What containers of one image were seen to use: the same shape for each tracer. */
export interface UsageEvidence {
  /** The tracer, e.g. `strace`. */
  readonly source: string
  /** Digests of the image that was traced: of its manifest, its index or its configuration. */
  readonly images: readonly Digest[]
  /** When the recording began (RFC 3339), as far as it or its reader tells. */
  readonly from?: string | undefined
  /** When it ended. */
  readonly to?: string | undefined
  /** `complete` when everything that the image is for was exercised and recorded. Never so with a gap. */
  readonly coverage: 'complete' | 'partial'
  /** What this recording would have shown: programs that start, files that are opened. */
  readonly observes: readonly ('exec' | 'open')[]
  /** Sorted by path and operation. */
  readonly records: readonly EvidenceRecord[]
  /** Paths that were looked for and not there, sorted. */
  readonly missing: readonly string[]
  /** Why it is not complete. */
  readonly gaps: readonly EvidenceGap[]
}
