import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { LoggedRequest } from './request-log.ts'

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

export interface StartOptions {
  /** An existing or new folder for the registry's store (`store/`), log and settings. */
  readonly directory: string
  /** How long it may take to answer. Default 20,000. */
  readonly timeoutMs?: number | undefined
  /** Ends the start; no process is left behind. */
  readonly signal?: AbortSignal | undefined
}

/** Starts a registry on a free port of the loopback and waits until it answers `/v2/`. */
export async function startRegistry(
  program: RegistryProgram,
  { directory, timeoutMs = 20_000, signal }: StartOptions,
): Promise<RunningRegistry> {
  signal?.throwIfAborted()
  const store = join(directory, 'store')
  const logPath = join(directory, 'registry.log')
  await mkdir(store, { recursive: true })
  const deadline = Date.now() + timeoutMs

  // Between finding a free port and the registry's listening on it, someone else may take it: then the registry
  // ends at once and the next port is tried.
  for (;;) {
    const port = await freePort()
    const host = `127.0.0.1:${port}`
    const log = openSync(logPath, 'w')
    const child = spawn(program.command, await program.prepare(port, store), {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...program.env },
    })
    closeSync(log)
    const ended = once(child, 'exit').then(
      () => true,
      () => true,
    )
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    const stop = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        const patience = new AbortController()
        const killed = delay(5_000, undefined, { signal: patience.signal }).then(kill, () => undefined)
        await ended
        patience.abort()
        await killed
      }
      process.off('exit', kill)
    }

    try {
      while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        if ((await answers(host, signal)) && child.exitCode === null) {
          return {
            host,
            logPath,
            requests: async () => program.parseLog(await readFile(logPath, 'utf8')),
            stop,
            [Symbol.asyncDispose]: stop,
          }
        }
        if (Date.now() > deadline) throw new Error(`${program.command} did not answer within ${timeoutMs} ms`)
        await delay(20, undefined, { signal })
      }
    } catch (error) {
      await stop()
      throw signal?.aborted ? signal.reason : error
    }
    await stop()
    const output = await readFile(logPath, 'utf8')
    if (!/address already in use/i.test(output) || Date.now() > deadline) {
      throw new Error(`${program.command} ended at its start: ${output.slice(-2000)}`)
    }
  }
}

async function answers(host: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const timeout = AbortSignal.timeout(2_000)
    const response = await fetch(`http://${host}/v2/`, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    await response.arrayBuffer()
    return response.status === 200 || response.status === 401
  } catch {
    signal?.throwIfAborted()
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
