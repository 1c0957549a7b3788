import type { Clock } from '@sallyport/core'
import type { Canary } from '../engine/canary.ts'
import { ScanError } from '../errors.ts'

/** Options of {@link trivyScanner}. */
export interface TrivyScannerOptions {
  /** The program. Default `trivy`, looked up on `PATH`. */
  readonly command?: string | undefined
  /**
   * What Trivy is given: the image's layout, or the inventory as CycloneDX. Of an SBOM it judges the packages of the
   * inventory alone, so each gap of the inventory is a gap of the report. Default `layout`.
   */
  readonly input?: 'layout' | 'sbom' | undefined
  /**
   * More arguments for `trivy image`. Only such as change how data is fetched or how fast the scan is:
   * `--db-repository`, `--java-db-repository`, `--insecure`, `--cacert`, `--parallel`, `--max-image-size`,
   * `--detection-priority`, `--debug`. What hides findings is refused; that is a policy's business.
   */
  readonly args?: readonly string[] | undefined
  /** Trivy's cache folder, which holds `db/`. Default: the one that Trivy itself uses. */
  readonly cacheDirectory?: string | undefined
  /** Use the database that is there, as old as it may be. Default `false`: it is updated first when it is due. */
  readonly skipDatabaseUpdate?: boolean | undefined
  /** Time limit of the update and of the scan, each. Default 300,000. */
  readonly timeoutMs?: number | undefined
  /** Largest report. Default 256 MiB. */
  readonly maxReportBytes?: number | undefined
  /** Refuse a database older than this. Default: any age; the age stands in the report for the policy to judge. */
  readonly maxDataAgeMs?: number | undefined
  /** Variables added to the few that Trivy gets of this process (`PATH`, proxies, certificates). */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /**
   * What to look for besides vulnerabilities; it stands in the report's `weaknesses`. Secrets take much longer than
   * everything else together. Default none.
   */
  readonly weaknesses?: readonly ('secret' | 'misconfiguration')[] | undefined
  /** Packages that Trivy must find before it is believed. Default: old ones of Debian 12, npm and PyPI. */
  readonly canaries?: readonly Canary[] | undefined
  /** Believe Trivy without such a proof. Default `false`. */
  readonly unsafeSkipCanary?: boolean | undefined
  /** Name in reports. Default `trivy`. */
  readonly name?: string | undefined
  /** Gives the time of the report, and of the age of data. Default: the machine's. */
  readonly clock?: Clock | undefined
}

const flags = new Map([
  ['--db-repository', true],
  ['--java-db-repository', true],
  ['--cacert', true],
  ['--parallel', true],
  ['--max-image-size', true],
  ['--detection-priority', true],
  ['--insecure', false],
  ['--debug', false],
])

/**
 * Returns `args` when all of them are harmless.
 *
 * @throws {ScanError} `OPTIONS_INVALID` naming the first that is not.
 */
export function checkArguments(args: readonly string[], scanner: string): readonly string[] {
  let takesValue = false
  for (const argument of args) {
    if (takesValue && !argument.startsWith('-')) {
      takesValue = false
      continue
    }
    const [flag = '', value] = argument.split('=', 2)
    const known = flags.get(flag)
    if (known === undefined || takesValue) {
      throw new ScanError(
        'OPTIONS_INVALID',
        `argument not allowed for Trivy: ${JSON.stringify(flag.slice(0, 80))}`,
        {
          scanner,
        },
      )
    }
    takesValue = known && value === undefined
  }
  return args
}
