import type { Digest, Platform } from '@sallyport/core'
import type { Finding, Weakness } from './finding.ts'

/** Something that a scan did not cover; never ignored by a policy. */
export interface ScanGap {
  readonly code:
    | 'DISTRO_UNKNOWN'
    | 'DISTRO_UNSUPPORTED'
    /** Nobody repairs the release any more: no new advisory will name it. */
    | 'DISTRO_END_OF_LIFE'
    | 'NO_PACKAGES'
    | 'NO_ADVISORIES'
    | 'VERSION_UNPARSEABLE'
    | 'INVENTORY_GAP'
    /** The report does not list the packages that the scanner saw. */
    | 'PACKAGES_NOT_LISTED'
    /** A kind of input that says too little to be relied on alone, such as SARIF. */
    | 'LOSSY_INPUT'
  readonly message: string
  readonly purl?: string | undefined
}

/** Vulnerability data that a scan relied on. */
export interface ScanData {
  readonly name: string
  /** ISO 8601 time at which the data was made, when it is known. */
  readonly updatedAt?: string | undefined
  readonly digest?: Digest | undefined
  /** Version of its form, e.g. `6.1.9`. */
  readonly schemaVersion?: string | undefined
}

/**
 * How far a report goes. `complete`: everything that the image holds was judged; `partial`: some of it, the gaps say
 * what was not; `unsupported`: nothing, "no findings" then means nothing; `failed`: the scanner gave no answer.
 */
export type ScanStatus = 'complete' | 'partial' | 'unsupported' | 'failed'

/** What one scanner says of one image. */
export interface ScanReport {
  readonly scanner: { readonly name: string; readonly version: string }
  /** Digest of the image manifest that was scanned. */
  readonly subject: Digest
  readonly startedAt: string
  readonly finishedAt: string
  readonly data: readonly ScanData[]
  readonly status: ScanStatus
  /** Why it failed; present exactly when `status` is `failed`. */
  readonly failure?:
    | { readonly code: string; readonly message: string; readonly retryable: boolean }
    | undefined
  /** The platform that was looked at, as far as the scanner says. */
  readonly platform?: Platform | undefined
  /** The distribution that the scanner saw: `ID` and `VERSION_ID` of os-release. */
  readonly distro?: { readonly id: string; readonly versionId?: string | undefined } | undefined
  /** How many packages it saw, where it says. */
  readonly packagesSeen?: number | undefined
  readonly gaps: readonly ScanGap[]
  readonly findings: readonly Finding[]
  /** Secrets, misconfiguration, licences; absent where the scanner did not look for them. */
  readonly weaknesses?: readonly Weakness[] | undefined
}

/** Something that scanners say differently of one vulnerability in one package. */
export interface Disagreement {
  readonly kind:
    /** Scanners that judged all of the image did not report it. */
    | 'missing'
    /** One set it aside, another counts it; then it counts. */
    | 'suppressed'
    | 'severity'
    | 'fix-state'
    | 'fix-versions'
  readonly id: string
  readonly purl: string
  /** What each scanner said, by its name; of a missing one that it said nothing. Sorted by name. */
  readonly said: readonly { readonly scanner: string; readonly value: string }[]
}

/** Findings of several scanners as one list. */
export interface MergedScan {
  readonly subject: Digest
  readonly reports: readonly ScanReport[]
  readonly findings: readonly Finding[]
  /** What the scanners say differently; absent where there was nothing to compare. */
  readonly disagreements?: readonly Disagreement[] | undefined
  readonly weaknesses?: readonly Weakness[] | undefined
}
