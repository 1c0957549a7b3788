import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '@sallyport/core'
import { engineScanner } from '../engine/engine-scanner.ts'
import { readReportFile } from '../engine/read-report.ts'
import { runEngine } from '../engine/run-engine.ts'
import { ScanError } from '../errors.ts'
import type { Scanner } from '../ports/scanner.ts'
import { ecosystemNames } from './ecosystems.ts'
import type { OsvScannerOptions } from './options.ts'
import { nothingToScan, parseOsvScannerReport } from './parse-osv-scanner.ts'
import { defaultDatabaseDirectory, type OsvDatabases, readDatabases } from './read-databases.ts'
import { writeDockerArchive } from './write-docker-archive.ts'

/** 0 nothing found, 1 something found, 128 no packages. */
const exitCodes = [0, 1, 128]

/**
 * A scanner that runs OSV-Scanner 2.x offline on the image, which it gets as a `docker save` archive made of the OCI
 * layout. It gets a private folder as home and working folder, and links to the databases: no configuration of this
 * machine or of the image can change what it finds, and several may run at once. Before the first scan, and again for
 * each new program or database, it must find a canary.
 *
 * Ecosystems without a database are a gap, and do not keep OSV-Scanner from judging the others, as they would if left
 * to it. `scan` rejects with `SCANNER_MISSING`, `SCANNER_FAILED`, `SCANNER_TIMEOUT`, `DATA_UNAVAILABLE`,
 * `CANARY_MISSED`, `REPORT_INVALID`, `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`, or `signal.reason`. An aborted scan leaves
 * nothing running and no files.
 */
export function osvScanner(options: OsvScannerOptions = {}): Scanner {
  const { name = 'osv-scanner', command = 'osv-scanner', timeoutMs = 300_000 } = options
  const { maxReportBytes = 512 * 1024 * 1024, clock = systemClock, maxDataAgeMs } = options
  const databaseDirectory = () => resolve(options.databaseDirectory ?? defaultDatabaseDirectory(process.env))

  return engineScanner<OsvDatabases>(
    {
      prepare: () => readDatabases(databaseDirectory(), { now: clock.now(), maxDataAgeMs }, name),
      async scan({ subject, inventory, layoutDirectory }, { data, ecosystems }, context) {
        const { directory, signal } = context
        const startedAt = clock.now().toISOString()
        const archive = join(directory, 'image.tar')
        const diffIds = await writeDockerArchive(archive, layoutDirectory, subject, { signal })
        const databases = join(directory, 'databases')
        await linkDatabases(databaseDirectory(), join(databases, 'osv-scalibr'), ecosystems)
        const configuration = join(directory, 'osv-scanner.toml')
        await writeFile(configuration, '')
        const report = join(directory, 'report.json')
        const run = (args: readonly string[], keepStdout = false) =>
          runEngine({
            command,
            args,
            directory,
            variables: { OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY: databases },
            secrets: options.environment,
            timeoutMs,
            accepted: exitCodes,
            keepStdout,
            watched: [{ path: report, maxBytes: maxReportBytes }],
            scanner: name,
            signal,
          })
        const { stdout } = await run(['--version'], true)
        const choices = ['--offline', '--all-packages', '--all-vulns', '--config', configuration]
        const output = ['--format=json', '--output-file', report]
        const { exitCode, stderr } = await run(['scan', 'image', ...choices, ...output, '--archive', archive])
        // it goes on without the data, and ends as if nothing had been found
        const failed = /^could not load db for .*/m.exec(stderr)?.[0]
        if (failed !== undefined) {
          throw new ScanError('DATA_UNAVAILABLE', `OSV-Scanner: ${failed.slice(0, 300)}`, { scanner: name })
        }
        const about = {
          subject,
          diffIds,
          inventory,
          ecosystems,
          data,
          version: /osv-scanner version: (\S{1,64})/.exec(stdout)?.[1],
          startedAt,
          finishedAt: clock.now().toISOString(),
          name,
        }
        if (exitCode === 128) return nothingToScan(about)
        return parseOsvScannerReport(await readReportFile(report, maxReportBytes, name), about)
      },
    },
    { ...options, name, command },
  )
}

/** A zip file without entries (APPNOTE 4.3.16). */
const emptyZip = Buffer.from(`PK\u0005\u0006${'\0'.repeat(18)}`)

/** Links the databases there are, and puts empty ones where there is none: the first one missing ends all matching. */
async function linkDatabases(from: string, to: string, ecosystems: ReadonlySet<string>): Promise<void> {
  for (const ecosystem of ecosystems) {
    await mkdir(join(to, ecosystem), { recursive: true })
    await symlink(join(from, ecosystem, 'all.zip'), join(to, ecosystem, 'all.zip'))
  }
  for (const ecosystem of ecosystemNames) {
    if (ecosystems.has(ecosystem)) continue
    await mkdir(join(to, ecosystem), { recursive: true })
    await writeFile(join(to, ecosystem, 'all.zip'), emptyZip)
  }
}
