import type { Clock } from '@sallyport/core'
import type { Canary } from '../engine/canary.ts'

/** Options of {@link grypeScanner}. */
export interface GrypeScannerOptions {
  /** The program. Default `grype`, looked up on `PATH`. */
  readonly command?: string | undefined
  /**
   * What Grype is given: the image's layout, or the inventory as CycloneDX. Of an SBOM it judges the packages of the
   * inventory alone, so each gap of the inventory is a gap of the report. Default `layout`.
   */
  readonly input?: 'layout' | 'sbom' | undefined
  /** Grype's database folder, which holds `6/vulnerability.db`. Default: the one that Grype itself uses. */
  readonly cacheDirectory?: string | undefined
  /** Use the database that is there. Default `false`: it is updated first when it is due. */
  readonly skipDatabaseUpdate?: boolean | undefined
  /** Time limit of the update and of the scan, each. Default 300,000. */
  readonly timeoutMs?: number | undefined
  /** Largest report, and largest list of packages. Default 256 MiB. */
  readonly maxReportBytes?: number | undefined
  /**
   * Refuse a database older than this. Default: any age; the age stands in the report for the policy to judge. Grype's
   * own limit of five days is off.
   */
  readonly maxDataAgeMs?: number | undefined
  /** Packages that Grype must find before it is believed. Default: old ones of Debian 12, npm and PyPI. */
  readonly canaries?: readonly Canary[] | undefined
  /** Believe Grype without such a proof. Default `false`. */
  readonly unsafeSkipCanary?: boolean | undefined
  /** Variables added to the few that Grype gets of this process (`PATH`, proxies, certificates). None may start with `GRYPE_`, except `GRYPE_DB_UPDATE_URL` and `GRYPE_DB_CA_CERT`. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Name in reports. Default `grype`. */
  readonly name?: string | undefined
  /** Gives the time of the report, and of the age of data. Default: the machine's. */
  readonly clock?: Clock | undefined
}
