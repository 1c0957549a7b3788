import { access, mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '@sallyport/core'
import { type EngineContext, type EngineData, engineScanner } from '../engine/engine-scanner.ts'
import { fileIdentity } from '../engine/file-identity.ts'
import { writeSbom } from '../engine/judged-inventory.ts'
import { readReportFile } from '../engine/read-report.ts'
import { runEngine } from '../engine/run-engine.ts'
import { ScanError } from '../errors.ts'
import { readConfigDigest } from '../internal/config-digest.ts'
import type { WatchedFile } from '../internal/run-process.ts'
import type { Scanner } from '../ports/scanner.ts'
import { checkArguments, type TrivyScannerOptions } from './options.ts'
import { parseTrivyReport } from './parse-trivy.ts'
import { defaultCacheDirectory, readDatabase } from './read-database.ts'

/** Trivy's words for what it looks for. */
const scannerWords = { secret: 'secret', misconfiguration: 'misconfig' } as const

/**
 * A scanner that runs Trivy on the image's OCI layout, or on its inventory as an SBOM. Trivy gets a private folder as home, working and cache folder,
 * with a link to the database: no ignore file, configuration, credentials or cached layer of this machine can change
 * what it finds, and several may run at once. Before the first scan, and again for each new program or database, it
 * must find a canary.
 *
 * `scan` rejects with `SCANNER_MISSING` (no such program), `SCANNER_FAILED` (crash, with the end of its stderr),
 * `SCANNER_TIMEOUT`, `DATA_UNAVAILABLE` (no database, or too old), `CANARY_MISSED`, `REPORT_INVALID`,
 * `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED` (report too large), or `signal.reason`. An aborted scan leaves nothing running
 * and no files.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when `args` holds one that is not allowed, or `weaknesses` are asked of an SBOM.
 */
export function trivyScanner(options: TrivyScannerOptions = {}): Scanner {
  const { name = 'trivy', command = 'trivy', skipDatabaseUpdate = false } = options
  const { maxReportBytes = 256 * 1024 * 1024, timeoutMs = 300_000, weaknesses = [] } = options
  const { clock = systemClock, maxDataAgeMs, input = 'layout' } = options
  if (input === 'sbom' && weaknesses.length > 0) {
    throw new ScanError('OPTIONS_INVALID', 'Trivy finds no secrets or misconfiguration in an SBOM', {
      scanner: name,
    })
  }
  const args = checkArguments(options.args ?? [], name)
  const cacheDirectory = () => resolve(options.cacheDirectory ?? defaultCacheDirectory(process.env))

  const run = (
    subcommand: 'image' | 'sbom',
    more: readonly string[],
    context: EngineContext,
    watched: readonly WatchedFile[] = [],
  ) =>
    runEngine({
      command,
      args: [subcommand, '--quiet', '--timeout', `${Math.ceil(timeoutMs / 1000)}s`, ...more],
      directory: context.directory,
      variables: { TRIVY_DISABLE_TELEMETRY: 'true', TRIVY_SKIP_VERSION_CHECK: 'true' },
      secrets: options.environment,
      timeoutMs,
      watched,
      scanner: name,
      signal: context.signal,
    })

  return engineScanner<EngineData>(
    {
      async prepare(context) {
        const cache = cacheDirectory()
        if (!skipDatabaseUpdate)
          await run('image', [...args, '--cache-dir', cache, '--download-db-only'], context)
        // read before the scan: should another process replace the database meanwhile, it is newer than we say
        const database = await readDatabase(cache, { now: clock.now(), maxDataAgeMs }, name)
        const file = await fileIdentity(join(cache, 'db/trivy.db'))
        return { data: [database], identity: `${database.updatedAt} ${file}` }
      },
      async scan({ subject, inventory, layoutDirectory }, { data }, context) {
        const sbom = input === 'sbom' ? await writeSbom(inventory, context.directory) : undefined
        const config = sbom === undefined ? await readConfigDigest(layoutDirectory, subject) : undefined
        const startedAt = clock.now().toISOString()
        const report = join(context.directory, 'report.json')
        const databases = await linkDatabases(
          cacheDirectory(),
          join(context.directory, 'cache'),
          skipDatabaseUpdate,
        )
        const looksFor = ['vuln', ...weaknesses.map((each) => scannerWords[each])]
        await run(
          sbom === undefined ? 'image' : 'sbom',
          [
            ...(sbom === undefined ? args : []),
            ...databases,
            '--skip-db-update',
            '--offline-scan',
            `--scanners=${looksFor.join(',')}`,
            ...(weaknesses.includes('misconfiguration') ? ['--skip-check-update'] : []),
            '--list-all-pkgs',
            '--format=json',
            '--output',
            report,
            ...(sbom === undefined ? ['--input', resolve(layoutDirectory)] : [sbom]),
          ],
          context,
          [{ path: report, maxBytes: maxReportBytes }],
        )
        const finishedAt = clock.now().toISOString()
        return parseTrivyReport(await readReportFile(report, maxReportBytes, name), {
          subject,
          config,
          // this very run: the SBOM was written for it, into a folder of its own
          vouchedBy: sbom,
          inventory,
          data,
          startedAt,
          finishedAt,
          name,
          weaknesses,
        })
      },
    },
    {
      ...options,
      name,
      command,
      settings: {
        input: input === 'sbom' ? input : undefined,
        args: args.length > 0 ? args : undefined,
        weaknesses: weaknesses.length > 0 ? weaknesses : undefined,
      },
    },
  )
}

/** Makes a private cache folder that holds links to the databases; returns the arguments that name it. */
async function linkDatabases(from: string, to: string, skipUpdate: boolean): Promise<readonly string[]> {
  await mkdir(to)
  await symlink(join(from, 'db'), join(to, 'db'))
  const java = join(from, 'java-db')
  const hasJava = await access(java).then(
    () => true,
    () => false,
  )
  if (hasJava) await symlink(java, join(to, 'java-db'))
  return ['--cache-dir', to, ...(hasJava || skipUpdate ? ['--skip-java-db-update'] : [])]
}
