import type { Digest } from '@sallyport/core'
import type { Finding } from './finding.ts'

/** Something that a scan did not cover; never ignored by a policy. */
export interface ScanGap {
  readonly code:
    | 'DISTRO_UNKNOWN'
    | 'DISTRO_UNSUPPORTED'
    | 'NO_PACKAGES'
    | 'NO_ADVISORIES'
    | 'VERSION_UNPARSEABLE'
    | 'INVENTORY_GAP'
  readonly message: string
  readonly purl?: string | undefined
}

/** Vulnerability data that a scan relied on. */
export interface ScanData {
  readonly name: string
  /** ISO 8601 time at which the data was made, when it is known. */
  readonly updatedAt?: string | undefined
  readonly digest?: Digest | undefined
}

/** What one scanner says of one image. */
export interface ScanReport {
  readonly scanner: { readonly name: string; readonly version: string }
  /** Digest of the image manifest that was scanned. */
  readonly subject: Digest
  readonly startedAt: string
  readonly finishedAt: string
  readonly data: readonly ScanData[]
  /** `none`: nothing of the image could be judged; "no findings" then means nothing. */
  readonly coverage: 'full' | 'partial' | 'none'
  readonly gaps: readonly ScanGap[]
  readonly findings: readonly Finding[]
}

/** Findings of several scanners as one list. */
export interface MergedScan {
  readonly subject: Digest
  readonly reports: readonly ScanReport[]
  readonly findings: readonly Finding[]
}
