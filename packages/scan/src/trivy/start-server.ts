import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { toEngineEnvironment } from '../engine/engine-environment.ts'
import { ScanError } from '../errors.ts'
import { describeStderr } from '../internal/describe-stderr.ts'
import type { TrivyServerAddress } from './server-client.ts'

/** How a server is started. */
export interface StartServerOptions {
  readonly command: string
  /** Trivy's cache folder, of which the database is used and nothing else. */
  readonly cacheDirectory: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly scanner: string
  readonly signal: AbortSignal
}

/** A server of our own; disposing ends it and deletes its files. */
export interface StartedServer extends AsyncDisposable {
  readonly address: TrivyServerAddress
  /** @throws {ScanError} `SCANNER_FAILED` (retryable) when the process has ended. */
  checkRunning(): void
}

const attempts = 5
const maxStderrBytes = 64 * 1024

/**
 * Starts `trivy server` on a free port of the loopback interface, in a process group and folder of its own, with a
 * random token, its cache in memory, and no configuration or credential of this machine.
 *
 * @throws {ScanError} `SCANNER_MISSING`, `SCANNER_FAILED`, `SCANNER_TIMEOUT`; rejects with `signal.reason` when aborted.
 */
export async function startServer(options: StartServerOptions): Promise<StartedServer> {
  for (let attempt = 1; ; attempt++) {
    const started = await tryToStart(options)
    // Trivy cannot tell which port it was given, so one is chosen before; another process may be faster
    if (started !== 'port taken') return started
    if (attempt === attempts) {
      throw new ScanError('SCANNER_FAILED', `found no free port for ${options.command}`, {
        scanner: options.scanner,
        retryable: true,
      })
    }
  }
}

async function tryToStart(options: StartServerOptions): Promise<StartedServer | 'port taken'> {
  const { command, cacheDirectory, environment, timeoutMs, scanner, signal } = options
  signal.throwIfAborted()
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-trivy-server-'))
  const cache = join(directory, 'cache')
  await mkdir(cache)
  await symlink(join(resolve(cacheDirectory), 'db'), join(cache, 'db'))
  const port = await findFreePort()
  const token = randomBytes(32).toString('hex')
  const args = ['server', '--listen', `127.0.0.1:${port}`, '--cache-dir', cache]
  const child = spawn(
    command.includes('/') ? resolve(command) : command,
    [...args, '--cache-backend', 'memory', '--skip-db-update'],
    {
      cwd: directory,
      env: toEngineEnvironment(process.env, directory, {
        TRIVY_DISABLE_TELEMETRY: 'true',
        TRIVY_SKIP_VERSION_CHECK: 'true',
        ...environment,
        // in the environment, since all users of the machine see arguments
        TRIVY_TOKEN: token,
      }),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const watched = watchChild(child)
  const dispose = async (): Promise<void> => {
    child.ref()
    watched.kill()
    await watched.ended
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const limit = Date.now() + timeoutMs
    while (!watched.stderr().includes('Listening')) {
      if (watched.failure() !== undefined) break
      signal.throwIfAborted()
      if (Date.now() > limit) throw timeout(command, timeoutMs, scanner)
      await wait(10, undefined, { signal })
    }
    while (watched.failure() === undefined && !(await isHealthy(port, signal))) {
      if (Date.now() > limit) throw timeout(command, timeoutMs, scanner)
      await wait(10, undefined, { signal })
    }
    const failure = watched.failure()
    if (failure !== undefined) {
      if (watched.stderr().includes('address already in use')) {
        await dispose()
        return 'port taken'
      }
      throw endOf(command, failure, watched.stderr(), [token, ...Object.values(environment)], scanner)
    }
  } catch (error) {
    await dispose()
    signal.throwIfAborted()
    throw error
  }
  // a server that nobody disposes of keeps no process alive, and ends with it
  child.unref()
  if (child.stderr !== null && 'unref' in child.stderr) (child.stderr as { unref: () => void }).unref()
  return {
    address: { url: `http://127.0.0.1:${port}`, token },
    checkRunning() {
      const failure = watched.failure()
      if (failure !== undefined)
        throw endOf(command, failure, watched.stderr(), [token, ...Object.values(environment)], scanner)
    },
    [Symbol.asyncDispose]: dispose,
  }
}

interface Ending {
  readonly error?: NodeJS.ErrnoException | undefined
  readonly how?: string | undefined
}

/** Follows a child: the end of its stderr, whether it runs, and a kill of its whole group, also when this process ends. */
function watchChild(child: ChildProcess) {
  let stderr = Buffer.alloc(0)
  let ending: Ending | undefined
  const kill = (): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // the group is gone already
    }
  }
  process.once('exit', kill)
  child.stderr?.on('data', (chunk: Buffer) => {
    const all = Buffer.concat([stderr, chunk])
    stderr = all.byteLength > maxStderrBytes ? all.subarray(all.byteLength - maxStderrBytes) : all
  })
  const ended = new Promise<void>((done) => {
    const end = (found: Ending): void => {
      ending ??= found
      process.off('exit', kill)
      kill()
      done()
    }
    child.once('error', (error) => end({ error }))
    child.once('exit', (code, name) => end({ how: code === null ? `by ${name}` : `with exit code ${code}` }))
  })
  return { kill, ended, failure: () => ending, stderr: () => stderr.toString('utf8') }
}

async function findFreePort(): Promise<number> {
  await using server = createServer()
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function isHealthy(port: number, signal: AbortSignal): Promise<boolean> {
  const init = { redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) } as const
  return fetch(`http://127.0.0.1:${port}/healthz`, init).then(
    async (response) => {
      await response.body?.cancel()
      return response.status === 200
    },
    () => false,
  )
}

function timeout(command: string, timeoutMs: number, scanner: string): ScanError {
  return new ScanError('SCANNER_TIMEOUT', `${command} did not serve within ${timeoutMs} ms`, {
    scanner,
    retryable: true,
  })
}

function endOf(
  command: string,
  { error, how = '' }: Ending,
  stderr: string,
  secrets: readonly string[],
  scanner: string,
): ScanError {
  if (error !== undefined) {
    const isMissing = error.code === 'ENOENT' || error.code === 'EACCES'
    const code = isMissing ? 'SCANNER_MISSING' : 'SCANNER_FAILED'
    return new ScanError(code, `cannot start ${command}: ${error.code ?? 'unknown error'}`, {
      cause: error,
      scanner,
    })
  }
  const words = describeStderr(stderr, secrets)
  return new ScanError(
    'SCANNER_FAILED',
    `${command} server ended ${how}${words === '' ? '' : `:\n${words}`}`,
    {
      scanner,
      retryable: true,
    },
  )
}
