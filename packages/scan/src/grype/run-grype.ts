import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '@sallyport/core'
import { type EngineContext, engineScanner } from '../engine/engine-scanner.ts'
import { writeSbom } from '../engine/judged-inventory.ts'
import { readReportFile } from '../engine/read-report.ts'
import { runEngine } from '../engine/run-engine.ts'
import { ScanError } from '../errors.ts'
import { readConfigDigest } from '../internal/config-digest.ts'
import type { WatchedFile } from '../internal/run-process.ts'
import type { Scanner } from '../ports/scanner.ts'
import type { GrypeScannerOptions } from './options.ts'
import { parseGrypeReport } from './parse-grype.ts'
import { defaultCacheDirectory, type GrypeDatabase, readDatabase } from './read-database.ts'

/** The variables of Grype that a caller may set: they choose where data comes from, nothing else. */
const harmless = new Set(['GRYPE_DB_UPDATE_URL', 'GRYPE_DB_CA_CERT'])

/**
 * A scanner that runs Grype on the image's OCI layout, or on its inventory as an SBOM. Grype gets a private folder as home and working folder, and a
 * link to the database: no configuration, ignore rule or credential of this machine can change what it finds, and
 * several may run at once. Before the first scan, and again for each new program or database, it must find a canary.
 *
 * `scan` rejects with `SCANNER_MISSING`, `SCANNER_FAILED`, `SCANNER_TIMEOUT`, `DATA_UNAVAILABLE`, `CANARY_MISSED`,
 * `REPORT_INVALID`, `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`, or `signal.reason`. An aborted scan leaves nothing running and
 * no files.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when `environment` sets a variable of Grype that could hide findings.
 */
export function grypeScanner(options: GrypeScannerOptions = {}): Scanner {
  const { name = 'grype', command = 'grype', skipDatabaseUpdate = false, environment = {} } = options
  const { timeoutMs = 300_000, maxReportBytes = 256 * 1024 * 1024 } = options
  const { clock = systemClock, maxDataAgeMs, input = 'layout' } = options
  for (const variable of Object.keys(environment)) {
    if (variable.toUpperCase().startsWith('GRYPE_') && !harmless.has(variable)) {
      throw new ScanError('OPTIONS_INVALID', `variable not allowed for Grype: ${variable.slice(0, 80)}`, {
        scanner: name,
      })
    }
  }
  const cacheDirectory = () => resolve(options.cacheDirectory ?? defaultCacheDirectory(process.env))

  const run = (
    args: readonly string[],
    cache: string,
    { directory, signal }: EngineContext,
    watched: readonly WatchedFile[] = [],
  ) =>
    runEngine({
      command,
      args,
      directory,
      variables: {
        GRYPE_DB_CACHE_DIR: cache,
        GRYPE_DB_AUTO_UPDATE: 'false',
        GRYPE_DB_VALIDATE_AGE: 'false',
        GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      },
      secrets: environment,
      timeoutMs,
      watched,
      scanner: name,
      signal,
    })

  return engineScanner<GrypeDatabase>(
    {
      async prepare(context) {
        const cache = cacheDirectory()
        if (!skipDatabaseUpdate) await run(['db', 'update'], cache, context)
        return readDatabase(cache, { now: clock.now(), maxDataAgeMs }, name)
      },
      async scan({ subject, platform, inventory, layoutDirectory }, database, context) {
        const sbom = input === 'sbom' ? await writeSbom(inventory, context.directory) : undefined
        if (sbom === undefined) await readConfigDigest(layoutDirectory, subject)
        const startedAt = clock.now().toISOString()
        const cache = await linkDatabase(cacheDirectory(), join(context.directory, 'db'))
        const report = join(context.directory, 'report.json')
        const packages = join(context.directory, 'packages.json')
        const outputs = ['-o', `json=${report}`, '-o', `cyclonedx-json=${packages}`]
        const source = sbom === undefined ? `oci-dir:${resolve(layoutDirectory)}` : `sbom:${sbom}`
        await run([source, ...outputs], cache, context, [
          { path: report, maxBytes: maxReportBytes },
          { path: packages, maxBytes: maxReportBytes },
        ])
        return parseGrypeReport(await readReportFile(report, maxReportBytes, name), {
          subject,
          platform,
          inventory,
          startedAt,
          finishedAt: clock.now().toISOString(),
          packages: await readReportFile(packages, maxReportBytes, name),
          knowsDistro: inventory.distro === undefined ? undefined : database.knows(inventory.distro),
          data: database.data,
          name,
          isSbom: sbom !== undefined,
        })
      },
    },
    { ...options, name, command, settings: { input: input === 'sbom' ? input : undefined } },
  )
}

/** Makes a private database folder of links, since Grype writes beside its database. */
async function linkDatabase(from: string, to: string): Promise<string> {
  await mkdir(join(to, '6'), { recursive: true })
  for (const file of await readdir(join(from, '6'))) {
    await symlink(join(from, '6', file), join(to, '6', file))
  }
  return to
}
