import type { Clock } from '@sallyport/core'
import type { Canary } from '../engine/canary.ts'

/** Options of {@link osvScanner}. */
export interface OsvScannerOptions {
  /** The program. Default `osv-scanner`, looked up on `PATH`. */
  readonly command?: string | undefined
  /**
   * Folder that holds `<ecosystem>/all.zip`, as published at osv.dev. Default: the one that OSV-Scanner itself uses.
   * Nothing is fetched: online it would send the list of packages to a service.
   */
  readonly databaseDirectory?: string | undefined
  /** Time limit of the scan. Default 300,000. */
  readonly timeoutMs?: number | undefined
  /** Largest report; it repeats whole advisories. Default 512 MiB. */
  readonly maxReportBytes?: number | undefined
  /** Refuse when any of the databases is older than this, by the time of its file. Default: any age. */
  readonly maxDataAgeMs?: number | undefined
  /** Packages that OSV-Scanner must find before it is believed. Default: old ones of Debian 12, npm and PyPI. */
  readonly canaries?: readonly Canary[] | undefined
  /** Believe OSV-Scanner without such a proof. Default `false`. */
  readonly unsafeSkipCanary?: boolean | undefined
  /** Variables added to the few that OSV-Scanner gets of this process (`PATH`, proxies, certificates). */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Name in reports. Default `osv-scanner`. */
  readonly name?: string | undefined
  /** Gives the time of the report, and of the age of data. Default: the machine's. */
  readonly clock?: Clock | undefined
}
