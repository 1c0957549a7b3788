import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

/** A program that a suite started and must stop. */
export interface RunningProgram extends AsyncDisposable {
  /** The ports of the loopback that it was given. */
  readonly ports: readonly number[]
  /** Its whole output. */
  readonly logPath: string
  /** Ends the process that was started, and no other; waits for its end. What it stored stays. */
  stop(): Promise<void>
}

/** A running service with one address. */
export interface RunningService extends RunningProgram {
  readonly url: string
}

/** How to start a program. */
export interface Program {
  readonly command: string
  /** Where its output goes. */
  readonly logPath: string
  /** How many ports it needs. Default 1. */
  readonly portCount?: number | undefined
  /** Writes what the program needs (a config file) and gives its arguments. */
  prepare(ports: readonly number[]): Promise<readonly string[]>
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** User and group that it runs as. Default: those of this process. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** Ends it in an orderly way. Default `SIGTERM`. */
  readonly stopSignal?: NodeJS.Signals | undefined
  /** Path below the first port that it answers once it is ready, or what finds out whether it is. */
  readonly readyPath: string | ((port: number) => Promise<boolean>)
  /** Statuses that mean ready. Default: 200. */
  readonly readyStatuses?: readonly number[] | undefined
}

/** When a start is given up. */
export interface StartLimits {
  /** How long it may take to answer. Default 20,000. */
  readonly timeoutMs?: number | undefined
  /** Ends the start; no process is left behind. */
  readonly signal?: AbortSignal | undefined
}

/** Starts a program on free ports of the loopback and waits until it answers. */
export async function startProgram(
  program: Program,
  { timeoutMs = 20_000, signal }: StartLimits,
): Promise<RunningProgram> {
  signal?.throwIfAborted()
  const { command, logPath, portCount = 1 } = program
  await mkdir(dirname(logPath), { recursive: true })
  const deadline = Date.now() + timeoutMs

  // Between finding a free port and the program's listening on it, someone else may take it: then the program ends at
  // once and other ports are tried.
  for (;;) {
    const ports = await freePorts(portCount)
    const args = await program.prepare(ports)
    const log = openSync(logPath, 'w')
    const child = spawn(command, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...program.env },
      ...program.user,
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
        child.kill(program.stopSignal ?? 'SIGTERM')
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
        if ((await answers(program, ports[0]!, signal)) && child.exitCode === null) {
          return { ports, logPath, stop, [Symbol.asyncDispose]: stop }
        }
        if (Date.now() > deadline) throw new Error(`${command} did not answer within ${timeoutMs} ms`)
        await delay(20, undefined, { signal })
      }
    } catch (error) {
      await stop()
      throw signal?.aborted ? signal.reason : error
    }
    await stop()
    const output = await readFile(logPath, 'utf8')
    if (!/address already in use/i.test(output) || Date.now() > deadline) {
      throw new Error(`${command} ended at its start: ${output.slice(-2000)}`)
    }
  }
}

async function answers(program: Program, port: number, signal: AbortSignal | undefined): Promise<boolean> {
  const { readyPath, readyStatuses = [200] } = program
  if (typeof readyPath !== 'string') return await readyPath(port)
  try {
    const timeout = AbortSignal.timeout(2_000)
    const response = await fetch(`http://127.0.0.1:${port}${readyPath}`, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    await response.arrayBuffer()
    return readyStatuses.includes(response.status)
  } catch {
    signal?.throwIfAborted()
    return false
  }
}

/** Ports that are free now; all are held until the last is found, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
