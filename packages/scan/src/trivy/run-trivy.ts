import { access, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '@sallyport/core'
import { ScanError } from '../errors.ts'
import { readConfigDigest } from '../internal/config-digest.ts'
import { describeStderr } from '../internal/describe-stderr.ts'
import { readLimited } from '../internal/read-limited.ts'
import { runProcess } from '../internal/run-process.ts'
import type { Scanner, ScanTarget } from '../ports/scanner.ts'
import type { ScanReport } from '../scan-report.ts'
import { checkArguments, toEnvironment, type TrivyScannerOptions } from './options.ts'
import { parseTrivyReport } from './parse-trivy.ts'
import { defaultCacheDirectory, readDatabase } from './read-database.ts'

/**
 * A scanner that runs Trivy on the image's OCI layout. Trivy gets a private folder as home, working and cache folder,
 * with a link to the database: no ignore file, configuration, credentials or cached layer of this machine can change
 * what it finds, and several may run at once.
 *
 * `scan` rejects with `SCANNER_MISSING` (no such program), `SCANNER_FAILED` (crash, with the end of its stderr),
 * `SCANNER_TIMEOUT`, `DATA_UNAVAILABLE` (no database, or too old), `REPORT_INVALID`, `SUBJECT_MISMATCH`,
 * `LIMIT_EXCEEDED` (report too large), or `signal.reason`. An aborted scan leaves nothing running and no files.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when `args` holds one that is not allowed.
 */
export function trivyScanner(options: TrivyScannerOptions = {}): Scanner {
  const { name = 'trivy', skipDatabaseUpdate = false, maxReportBytes = 256 * 1024 * 1024 } = options
  const { clock = systemClock, maxDataAgeMs } = options
  const args = checkArguments(options.args ?? [], name)

  return {
    name,
    async scan(target: ScanTarget, { signal } = {}): Promise<ScanReport> {
      signal?.throwIfAborted()
      const { subject, inventory } = target
      if (subject !== inventory.subject) {
        throw new ScanError(
          'SUBJECT_MISMATCH',
          `asked for ${subject}, the inventory is of ${inventory.subject}`,
          {
            scanner: name,
          },
        )
      }
      const config = await readConfigDigest(target.layoutDirectory, subject)
      const cacheDirectory = resolve(options.cacheDirectory ?? defaultCacheDirectory(process.env))
      const startedAt = clock.now().toISOString()
      const directory = await mkdtemp(join(tmpdir(), 'sallyport-trivy-'))
      try {
        const run = (more: readonly string[]) =>
          runImage([...args, ...more], directory, name, options, signal)
        if (!skipDatabaseUpdate) await run(['--cache-dir', cacheDirectory, '--download-db-only'])
        // read before the scan: should another process replace the database meanwhile, it is newer than we say
        const database = await readDatabase(cacheDirectory, { now: clock.now(), maxDataAgeMs }, name)
        const report = join(directory, 'report.json')
        await run([
          ...(await linkDatabases(cacheDirectory, join(directory, 'cache'), skipDatabaseUpdate)),
          '--skip-db-update',
          '--offline-scan',
          '--scanners=vuln',
          '--list-all-pkgs',
          '--format=json',
          '--output',
          report,
          '--input',
          resolve(target.layoutDirectory),
        ])
        const finishedAt = clock.now().toISOString()
        const input = await readReport(report, maxReportBytes, name)
        return parseTrivyReport(input, {
          subject,
          config,
          inventory,
          data: [database],
          startedAt,
          finishedAt,
          name,
        })
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

/** Runs `trivy image`; resolves when it ended by itself with exit code 0. */
async function runImage(
  args: readonly string[],
  directory: string,
  scanner: string,
  { command = 'trivy', timeoutMs = 300_000, environment = {} }: TrivyScannerOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const program = command.includes('/') ? resolve(command) : command
  const started = runProcess(
    program,
    ['image', '--quiet', '--timeout', `${Math.ceil(timeoutMs / 1000)}s`, ...args],
    {
      cwd: directory,
      environment: toEnvironment(process.env, directory, environment),
      timeoutMs,
      signal,
    },
  )
  const result = await started.catch((cause: unknown) => {
    signal?.throwIfAborted()
    const { code } = cause as NodeJS.ErrnoException
    const missing = code === 'ENOENT' || code === 'EACCES'
    throw new ScanError(
      missing ? 'SCANNER_MISSING' : 'SCANNER_FAILED',
      `cannot start ${command}: ${code ?? 'unknown error'}`,
      {
        cause,
        scanner,
      },
    )
  })
  if (result.timedOut) {
    throw new ScanError('SCANNER_TIMEOUT', `${command} was ended after ${timeoutMs} ms`, {
      scanner,
      retryable: true,
    })
  }
  if (result.exitCode !== 0) {
    const how =
      result.exitCode === undefined
        ? `by ${result.signalName ?? 'a signal'}`
        : `with exit code ${result.exitCode}`
    const stderr = describeStderr(result.stderr, Object.values(environment))
    throw new ScanError('SCANNER_FAILED', `${command} ended ${how}${stderr === '' ? '' : `:\n${stderr}`}`, {
      scanner,
    })
  }
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

async function readReport(path: string, maxBytes: number, scanner: string): Promise<Uint8Array> {
  try {
    return await readLimited(path, maxBytes)
  } catch (cause) {
    if (cause instanceof ScanError) {
      throw new ScanError(cause.code, `the Trivy report is larger than ${maxBytes} bytes`, { cause, scanner })
    }
    throw new ScanError('REPORT_INVALID', 'Trivy ended well and wrote no report', { cause, scanner })
  }
}
