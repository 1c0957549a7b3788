import { resolve } from 'node:path'
import { ScanError } from '../errors.ts'
import { describeStderr } from '../internal/describe-stderr.ts'
import { runProcess, type WatchedFile } from '../internal/run-process.ts'
import { toEngineEnvironment } from './engine-environment.ts'

/** A run of a scanner's program. */
export interface EngineRun {
  /** The program, looked up on `PATH` unless it holds a slash. */
  readonly command: string
  readonly args: readonly string[]
  /** Private folder: working folder, home and place of temporary files. */
  readonly directory: string
  /** Variables that the adapter sets. */
  readonly variables: Readonly<Record<string, string>>
  /** Variables that the caller added; their values never appear in messages. */
  readonly secrets?: Readonly<Record<string, string>> | undefined
  readonly timeoutMs: number
  /** Exit codes after which the report is read. Default: 0 alone. */
  readonly accepted?: readonly number[] | undefined
  readonly keepStdout?: boolean | undefined
  readonly watched?: readonly WatchedFile[] | undefined
  readonly scanner: string
  readonly signal?: AbortSignal | undefined
}

/** What a run that ended well left. */
export interface EngineOutput {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a scanner's program; resolves when it ended by itself with an accepted exit code.
 *
 * @throws {ScanError} `SCANNER_MISSING` when there is no such program.
 * @throws {ScanError} `SCANNER_TIMEOUT` (retryable) at the time limit.
 * @throws {ScanError} `LIMIT_EXCEEDED` when it wrote more than allowed.
 * @throws {ScanError} `SCANNER_FAILED` otherwise, with the end of its stderr.
 */
export async function runEngine(run: EngineRun): Promise<EngineOutput> {
  const { command, scanner, signal, timeoutMs, secrets = {}, accepted = [0] } = run
  const program = command.includes('/') ? resolve(command) : command
  const result = await runProcess(program, run.args, {
    cwd: run.directory,
    environment: toEngineEnvironment(process.env, run.directory, { ...run.variables, ...secrets }),
    timeoutMs,
    signal,
    keepStdout: run.keepStdout,
    watched: run.watched,
  }).catch((cause: unknown) => {
    signal?.throwIfAborted()
    const { code } = cause as NodeJS.ErrnoException
    const missing = code === 'ENOENT' || code === 'EACCES'
    throw new ScanError(
      missing ? 'SCANNER_MISSING' : 'SCANNER_FAILED',
      `cannot start ${command}: ${code ?? 'unknown error'}`,
      { cause, scanner },
    )
  })
  if (result.timedOut) {
    throw new ScanError('SCANNER_TIMEOUT', `${command} was ended after ${timeoutMs} ms`, {
      scanner,
      retryable: true,
    })
  }
  if (result.flooded !== undefined) {
    throw new ScanError('LIMIT_EXCEEDED', `${command} was ended: it wrote too much to ${result.flooded}`, {
      scanner,
    })
  }
  const { exitCode, stdout, stderr } = result
  if (exitCode !== undefined && accepted.includes(exitCode)) return { exitCode, stdout, stderr }
  const how = exitCode === undefined ? `by ${result.signalName ?? 'a signal'}` : `with exit code ${exitCode}`
  const words = describeStderr(stderr, Object.values(secrets))
  throw new ScanError('SCANNER_FAILED', `${command} ended ${how}${words === '' ? '' : `:\n${words}`}`, {
    scanner,
  })
}
