import { type Clock, systemClock } from '@sallyport/core'
import { type AdvisoryIndex, createAdvisoryIndex } from '../advisories/advisory-index.ts'
import type { OsvRecord } from '../advisories/osv.schema.ts'
import { chosenSettings } from '../engine/chosen-settings.ts'
import { checkTarget } from '../engine/check-target.ts'
import { ScanError } from '../errors.ts'
import { isStale } from '../internal/is-stale.ts'
import { packageVersion } from '../internal/package-version.ts'
import type { Scanner } from '../ports/scanner.ts'
import type { ScanData, ScanReport } from '../scan-report.ts'
import { matchInventory } from './match-inventory.ts'

/** Options of {@link builtinScanner}. */
export interface BuiltinScannerOptions {
  /** Advisories to match with: an index, or records from `parseAdvisories`. */
  readonly advisories: AdvisoryIndex | Iterable<OsvRecord>
  /** Name in reports. Default `sallyport`. */
  readonly name?: string | undefined
  /**
   * ISO 8601 time at which the advisory data was made. Default: the newest `modified` of all records, which is
   * never later than the truth.
   */
  readonly updatedAt?: string | undefined
  /** Refuse data that is older than this, or of unknown age, in milliseconds. Default: any age. */
  readonly maxDataAgeMs?: number | undefined
  /**
   * Whether the image gets updates of Ubuntu Pro (ESM). Nothing inside of an image tells for sure, so that it is said
   * here. Default `false`: what only Pro fixes counts as not fixed.
   */
  readonly ubuntuPro?: boolean | undefined
  /** Whether to match sources that are built into a package (`Built-Using`) too. Default `false`. */
  readonly builtUsing?: boolean | undefined
  /** Gives the time of the report, and of the age of data. Default: the machine's. */
  readonly clock?: Clock | undefined
}

/**
 * A scanner that needs neither network nor other programs: it matches the inventory with OSV advisories.
 *
 * `scan` rejects with `SUBJECT_MISMATCH` when the inventory is of another image. What it could not judge stands in
 * the report's gaps. It rejects with `DATA_UNAVAILABLE` when a source of the data is older than `maxDataAgeMs`.
 *
 * @throws {ScanError} `ADVISORIES_EMPTY` when there is not one advisory that counts.
 * @throws {ScanError} `ADVISORIES_INVALID` when `updatedAt` is no time.
 */
export function builtinScanner({
  advisories,
  name = 'sallyport',
  updatedAt,
  maxDataAgeMs,
  ubuntuPro,
  builtUsing,
  clock = systemClock,
}: BuiltinScannerOptions): Scanner {
  const index = Symbol.iterator in advisories ? createAdvisoryIndex(advisories) : advisories
  if (index.size === 0) {
    throw new ScanError('ADVISORIES_EMPTY', 'no advisory to match with: every image would look clean', {
      scanner: name,
    })
  }
  const time = updatedAt ?? index.updatedAt
  if (updatedAt !== undefined && Number.isNaN(Date.parse(updatedAt))) {
    throw new ScanError(
      'ADVISORIES_INVALID',
      `updatedAt is no time: ${JSON.stringify(updatedAt.slice(0, 80))}`,
      {
        scanner: name,
      },
    )
  }
  const data = index.data ?? [{ name: 'advisories', updatedAt: time, digest: index.digest }]
  return {
    name,
    settings: chosenSettings({ ubuntuPro, builtUsing, maxDataAgeMs }),
    currentData: async () => data,
    async scan(target, { signal } = {}): Promise<ScanReport> {
      signal?.throwIfAborted()
      checkTarget(target, name)
      const { subject, inventory } = target
      const now = clock.now()
      const startedAt = now.toISOString()
      if (maxDataAgeMs !== undefined) for (const each of data) refuseOld(each, maxDataAgeMs, now, name)
      const { findings, gaps, judged } = matchInventory(inventory, index, {
        scanner: name,
        ubuntuPro,
        builtUsing,
        now,
        signal,
      })
      const { distro } = inventory
      return {
        scanner: { name, version: packageVersion },
        subject,
        startedAt,
        finishedAt: clock.now().toISOString(),
        data,
        tells: [...(index.kev ? ['kev' as const] : []), ...(index.epss ? ['epss' as const] : [])],
        status: judged === 0 ? 'unsupported' : gaps.length === 0 ? 'complete' : 'partial',
        platform: inventory.platform,
        ...(distro === undefined ? {} : { distro: { id: distro.id, versionId: distro.versionId } }),
        packagesSeen: inventory.packages.length,
        gaps,
        findings,
      }
    },
  }
}

function refuseOld({ name, updatedAt }: ScanData, maxAgeMs: number, now: Date, scanner: string): void {
  if (!isStale(updatedAt, { now, maxDataAgeMs: maxAgeMs })) return
  const since = Number.isNaN(Date.parse(updatedAt ?? '')) ? 'of unknown age' : `of ${updatedAt}`
  throw new ScanError(
    'DATA_UNAVAILABLE',
    `${name}: ${since}, at most ${Math.round(maxAgeMs / 3_600_000)} hours old allowed; update the advisories`,
    { scanner, retryable: true },
  )
}
