import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoggedRequest } from './request-log.ts'
import { startProgram } from './running-program.ts'
import type { StartLimits } from './running-program.ts'

/** A registry that a suite started and must stop. */
export interface RunningRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`; it speaks plain HTTP. */
  readonly host: string
  /** The registry's whole output, request log included. */
  readonly logPath: string
  /**
   * The requests of the registry's own log, in the order in which they were finished. A line is written after
   * its answer, so that only after `stop` the very last request is certain to be there.
   */
  requests(): Promise<LoggedRequest[]>
  /** Ends the process that was started, and no other; waits for its end. What it stored stays. */
  stop(): Promise<void>
}

/** How to start one kind of registry. */
export interface RegistryProgram {
  readonly command: string
  /** Writes what the program needs (a config file) and gives its arguments. */
  prepare(port: number, store: string): Promise<readonly string[]>
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined
  parseLog(log: string): LoggedRequest[]
}

export interface StartOptions extends StartLimits {
  /** An existing or new folder for the registry's store (`store/`), log and settings. */
  readonly directory: string
}

/** Starts a registry on a free port of the loopback and waits until it answers `/v2/`. */
export async function startRegistry(
  { command, prepare, env, parseLog }: RegistryProgram,
  { directory, ...limits }: StartOptions,
): Promise<RunningRegistry> {
  const store = join(directory, 'store')
  const logPath = join(directory, 'registry.log')
  limits.signal?.throwIfAborted()
  await mkdir(store, { recursive: true })
  const { ports, stop } = await startProgram(
    {
      command,
      logPath,
      prepare: ([port]) => prepare(port!, store),
      env,
      readyPath: '/v2/',
      readyStatuses: [200, 401],
    },
    limits,
  )
  return {
    host: `127.0.0.1:${ports[0]}`,
    logPath,
    requests: async () => parseLog(await readFile(logPath, 'utf8')),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
