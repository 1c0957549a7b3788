import type { Digest } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type { ScanData } from '../scan-report.ts'

/** What a report that was made elsewhere is read against. */
export interface ParseReportOptions {
  /** Digest of the image manifest that the report must be about. */
  readonly subject: Digest
  /** What the image holds: the packages of findings are looked up there, and what the scanner did not see is a gap. */
  readonly inventory: Inventory
  /**
   * Who vouches for the report's being about `subject`, for forms that do not name a digest or where the document does
   * not: e.g. the step that ran the scanner on this image. Without it such a report is refused.
   */
  readonly vouchedBy?: string | undefined
  /** The data that the scanner used, where the caller knows more than the report. Default: what the report says. */
  readonly data?: readonly ScanData[] | undefined
  /** Name in the merged result. Default: that of the scanner. */
  readonly name?: string | undefined
  /** Name of the file or address, for messages. Default `the report`. */
  readonly source?: string | undefined
  /** Largest report in bytes. Default 256 MiB. */
  readonly maxBytes?: number | undefined
}
