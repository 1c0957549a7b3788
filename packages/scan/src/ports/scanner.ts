import type { Digest, Platform } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type { ScanData, ScanReport } from '../scan-report.ts'

/** What a scanner is given. It never gets registry credentials. */
export interface ScanTarget {
  /** Digest of the image manifest to scan. */
  readonly subject: Digest
  /** The platform that this image is for. */
  readonly platform: Platform
  /** What the image holds, by its own inventory; its `subject` has to be the same. */
  readonly inventory: Inventory
  /** OCI layout folder that holds exactly the image `subject`. */
  readonly layoutDirectory: string
}

/** Options of a scan. */
export interface ScanOptions {
  /** Ends the scan; it rejects with `signal.reason`, and leaves nothing running. */
  readonly signal?: AbortSignal | undefined
}

/** Finds known vulnerabilities in an image. */
export interface Scanner {
  /** Name in reports; each once among the scanners of one run. */
  readonly name: string
  /**
   * Options that change what it finds or when it is believed, as JSON values, without secrets: what was promoted under
   * others is judged anew. Default: none.
   */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  /**
   * Rejects when the image could not be judged: crash, time limit, no data, other digest, unreadable report.
   * It never resolves with an empty list for "no answer".
   */
  scan(target: ScanTarget, options?: ScanOptions): Promise<ScanReport>
  /**
   * The data that a scan would rely on now, as its report would name them: cheap, without scanning. A scanner that can't
   * tell has no such method, or resolves with `undefined`.
   */
  currentData?(options?: ScanOptions): Promise<readonly ScanData[] | undefined>
}
