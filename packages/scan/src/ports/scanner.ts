import type { Digest, Platform } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type { ScanReport } from '../scan-report.ts'

/** What a scanner is given. It never gets registry credentials. */
export interface ScanTarget {
  readonly subject: Digest
  readonly platform: Platform
  readonly inventory: Inventory
  /** OCI layout folder that holds exactly the image `subject`. */
  readonly layoutDirectory: string
}

/** Options of a scan. */
export interface ScanOptions {
  readonly signal?: AbortSignal | undefined
}

/** Finds known vulnerabilities in an image. */
export interface Scanner {
  readonly name: string
  /**
   * Rejects when the image could not be judged: crash, time limit, no data, other digest, unreadable report.
   * It never resolves with an empty list for "no answer".
   */
  scan(target: ScanTarget, options?: ScanOptions): Promise<ScanReport>
}
