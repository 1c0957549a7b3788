import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '@sallyport/core'
import { engineScanner, engineSettings } from '../engine/engine-scanner.ts'
import { fileIdentity } from '../engine/file-identity.ts'
import { runEngine } from '../engine/run-engine.ts'
import { ScanError } from '../errors.ts'
import type { Scanner } from '../ports/scanner.ts'
import { checkArguments } from './options.ts'
import { defaultCacheDirectory, readDatabase } from './read-database.ts'
import { serverEngine } from './server-engine.ts'
import type { StartedTrivyServer, TrivyServerScannerOptions } from './server-options.ts'
import { type StartedServer, startServer } from './start-server.ts'

/** A scanner that holds a server; disposing ends one that it started. */
export interface TrivyServerScanner extends Scanner, AsyncDisposable {}

/**
 * A scanner that gives the inventory to a server of Trivy, one that runs already or one of its own that serves many
 * scans. No program starts for a scan, no layer is read again. Trivy judges the packages of the inventory and looks for
 * no others: each gap of the inventory is a gap of the report. The server must find a canary before the first scan and
 * again when its version or database has changed; one of our own is started anew when the database's files change.
 *
 * `scan` rejects with `SCANNER_MISSING`, `SCANNER_FAILED` (no answer, an error, a refused token, an ended process),
 * `SCANNER_TIMEOUT`, `DATA_UNAVAILABLE`, `CANARY_MISSED`, `REPORT_INVALID`, `SUBJECT_MISMATCH` (an answer to another
 * question), `LIMIT_EXCEEDED`, or `signal.reason`.
 *
 * @throws {ScanError} `OPTIONS_INVALID` when the address is none, or `args` holds one that is not allowed.
 */
export function trivyServerScanner(options: TrivyServerScannerOptions = {}): TrivyServerScanner {
  const { name = 'trivy', server = {}, timeoutMs = 300_000, maxReportBytes = 256 * 1024 * 1024 } = options
  const settings = { ...options, name, timeoutMs, maxReportBytes }
  if ('url' in server) {
    const scanner = engineScanner(serverEngine(server, settings), { ...settings, settings: findsBy })
    return { ...scanner, [Symbol.asyncDispose]: async () => undefined }
  }
  return startingScanner(server, settings)
}

/** `trivyScanner` looks for packages itself, and may have the same name. */
const findsBy = { input: 'inventory' }

interface Settings extends TrivyServerScannerOptions {
  readonly name: string
  readonly timeoutMs: number
  readonly maxReportBytes: number
}

/** A server of our own with one version of the database. */
interface Holding {
  readonly server: StartedServer
  /** Has to find the canary again for each server. */
  readonly scanner: Scanner
  readonly identity: string
  users: number
}

function startingScanner(
  { command = 'trivy', skipDatabaseUpdate = false, ...server }: StartedTrivyServer,
  settings: Settings,
): TrivyServerScanner {
  const { name, timeoutMs, clock = systemClock, maxDataAgeMs } = settings
  const { environment = {}, updateIntervalMs = 3_600_000 } = server
  const args = checkArguments(server.args ?? [], name)
  const life = new AbortController()
  const held = new Set<Holding>()
  let current: Holding | undefined
  let updatedAt = Number.NEGATIVE_INFINITY
  let turn: Promise<unknown> = Promise.resolve()

  const update = async (cache: string): Promise<void> => {
    const now = clock.now().getTime()
    if (skipDatabaseUpdate || now - updatedAt < updateIntervalMs) return
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-trivy-update-'))
    try {
      await runEngine({
        command,
        args: ['image', '--quiet', ...args, '--cache-dir', cache, '--download-db-only'],
        directory,
        variables: { TRIVY_DISABLE_TELEMETRY: 'true', TRIVY_SKIP_VERSION_CHECK: 'true' },
        secrets: environment,
        timeoutMs,
        scanner: name,
        signal: life.signal,
      })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
    updatedAt = now
  }

  const drop = async (holding: Holding): Promise<void> => {
    if (holding === current || holding.users > 0 || !held.delete(holding)) return
    await holding.server[Symbol.asyncDispose]()
  }

  const hold = async (): Promise<Holding> => {
    life.signal.throwIfAborted()
    const cacheDirectory = resolve(server.cacheDirectory ?? defaultCacheDirectory(process.env))
    await update(cacheDirectory)
    await readDatabase(cacheDirectory, { now: clock.now(), maxDataAgeMs }, name)
    const files = ['trivy.db', 'metadata.json'].map((file) => fileIdentity(join(cacheDirectory, 'db', file)))
    const identity = (await Promise.all(files)).join(' ')
    if (current?.identity !== identity || !isRunning(current.server)) {
      const before = current
      current = undefined
      if (before !== undefined) await drop(before)
      const started = await startServer({
        command,
        cacheDirectory,
        environment,
        timeoutMs,
        scanner: name,
        signal: life.signal,
      })
      const scanner = engineScanner(serverEngine(started.address, settings), {
        ...settings,
        settings: findsBy,
      })
      current = { server: started, scanner, identity, users: 0 }
      held.add(current)
    }
    current.users++
    return current
  }

  const release = async (holding: Holding): Promise<void> => {
    holding.users--
    await drop(holding)
  }

  return {
    name,
    settings: engineSettings({ ...settings, settings: findsBy }),
    async scan(target, { signal } = {}) {
      signal?.throwIfAborted()
      // one after another, so that one server is started and not as many as there are scans
      const waiting = turn.then(hold)
      turn = waiting.catch(() => undefined)
      const holding = await orAbort(waiting, signal).catch((error: unknown) => {
        if (signal?.aborted) void waiting.then(release, () => undefined)
        throw error
      })
      try {
        const report = await holding.scanner.scan(target, { signal })
        holding.server.checkRunning()
        return report
      } catch (error) {
        signal?.throwIfAborted()
        // how the process ended says more than that it does not answer
        if (error instanceof ScanError && error.code === 'SCANNER_FAILED') holding.server.checkRunning()
        throw error
      } finally {
        await release(holding)
      }
    },
    async [Symbol.asyncDispose]() {
      life.abort(new ScanError('SCANNER_FAILED', 'this scanner was disposed of', { scanner: name }))
      await turn
      current = undefined
      await Promise.all([...held].map(({ server: each }) => each[Symbol.asyncDispose]()))
      held.clear()
    },
  }
}

function isRunning(server: StartedServer): boolean {
  try {
    server.checkRunning()
    return true
  } catch {
    return false
  }
}

async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
