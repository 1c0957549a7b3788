import type { Clock } from '@sallyport/core'
import type { Canary } from '../engine/canary.ts'
import type { TrivyServerAddress } from './server-client.ts'

/** A server that is started when the first scan needs it, on the loopback interface, and ended by disposing. */
export interface StartedTrivyServer {
  /** The program. Default `trivy`, looked up on `PATH`. */
  readonly command?: string | undefined
  /** Arguments of the update of the database; those that `trivyScanner` allows. Default none. */
  readonly args?: readonly string[] | undefined
  /** Trivy's cache folder, which holds `db/`. Default: the one that Trivy itself uses. */
  readonly cacheDirectory?: string | undefined
  /** Use the database that is there, as old as it may be. Default `false`: it is updated when it is due. */
  readonly skipDatabaseUpdate?: boolean | undefined
  /** How often Trivy is asked whether an update is due. Default 3,600,000. */
  readonly updateIntervalMs?: number | undefined
  /** Variables added to the few that Trivy gets of this process (`PATH`, proxies, certificates). */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/** Options of {@link trivyServerScanner}. */
export interface TrivyServerScannerOptions {
  /** A server that runs already, by its address, or how one is started. Default: one is started. */
  readonly server?: TrivyServerAddress | StartedTrivyServer | undefined
  /** Time limit of an update, of a start and of a scan, each. Default 300,000. */
  readonly timeoutMs?: number | undefined
  /** Largest answer. Default 256 MiB. */
  readonly maxReportBytes?: number | undefined
  /** Refuse a database older than this. Default: any age; the age stands in the report for the policy to judge. */
  readonly maxDataAgeMs?: number | undefined
  /** Packages that the server must find before it is believed. Default: old ones of Debian 12, npm and PyPI. */
  readonly canaries?: readonly Canary[] | undefined
  /** Believe the server without such a proof. Default `false`. */
  readonly unsafeSkipCanary?: boolean | undefined
  /** Name in reports. Default `trivy`. */
  readonly name?: string | undefined
  /** The time in reports and the age of data. Default: the machine's. */
  readonly clock?: Clock | undefined
}
