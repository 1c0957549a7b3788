import type { Digest, Platform } from '@sallyport/core'
import type { Finding, Weakness } from './finding.ts'

/** Something that a scan did not cover; never ignored by a policy. */
export interface ScanGap {
  /** What kind of thing it is. */
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
  /** What was not judged, and why, for people. */
  readonly message: string
  /** The package that it is about, where it is about one. */
  readonly purl?: string | undefined
}

/** Vulnerability data that a scan relied on. */
export interface ScanData {
  /** Name of the source. */
  readonly name: string
  /** ISO 8601 time at which the data was made, when it is known. */
  readonly updatedAt?: string | undefined
  /** Digest of the data, when they have one. */
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
  /** Who scanned; `version` is `unknown` where nobody says. */
  readonly scanner: { readonly name: string; readonly version: string }
  /** Digest of the image manifest that was scanned. */
  readonly subject: Digest
  /** ISO 8601. */
  readonly startedAt: string
  /** ISO 8601. */
  readonly finishedAt: string
  /** What it relied on; empty where nobody says. */
  readonly data: readonly ScanData[]
  /**
   * What its data tell of exploitation: CISA's catalogue, EPSS scores. Absent: nothing, so that a finding without an entry
   * may have one.
   */
  readonly tells?: readonly ('kev' | 'epss')[] | undefined
  /** How far it goes. */
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
  /** What was not judged; empty exactly when all was, or when it failed. */
  readonly gaps: readonly ScanGap[]
  /** What was found, those that do not count too. */
  readonly findings: readonly Finding[]
  /** Secrets, misconfiguration, licences; absent where the scanner did not look for them. */
  readonly weaknesses?: readonly Weakness[] | undefined
  /** What kinds of weaknesses it looked for: of others, none in `weaknesses` means nothing. Absent: nobody tells. */
  readonly weaknessKinds?: readonly Weakness['kind'][] | undefined
}

/** Something that scanners say differently of one vulnerability in one package. */
export interface Disagreement {
  /** What they say differently. */
  readonly kind:
    /** Scanners that judged all of the image did not report it. */
    | 'missing'
    /** One set it aside, another counts it; then it counts. */
    | 'suppressed'
    | 'severity'
    | 'fix-state'
    | 'fix-versions'
  /** Id of the merged finding. */
  readonly id: string
  /** Its package. */
  readonly purl: string
  /** What each scanner said, by its name; of a missing one that it said nothing. Sorted by name. */
  readonly said: readonly { readonly scanner: string; readonly value: string }[]
}

/** Findings of several scanners as one list. */
export interface MergedScan {
  /** Digest of the image manifest that all of them scanned. */
  readonly subject: Digest
  /** What each scanner said, one that failed too. */
  readonly reports: readonly ScanReport[]
  /** One for each vulnerability and package, with what each scanner said in `claims`. */
  readonly findings: readonly Finding[]
  /** What the scanners say differently; absent where there was nothing to compare. */
  readonly disagreements?: readonly Disagreement[] | undefined
  /** Those of all scanners; absent where none looked for them. */
  readonly weaknesses?: readonly Weakness[] | undefined
}
