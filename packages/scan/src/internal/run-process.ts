import { spawn } from 'node:child_process'

/** Options of {@link runProcess}. */
export interface RunProcessOptions {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** How much of the end of stderr to keep. Default 64 KiB. */
  readonly maxStderrBytes?: number | undefined
}

/** How a process ended. */
export interface ProcessResult {
  /** Absent when a signal ended it. */
  readonly exitCode: number | undefined
  readonly signalName: string | undefined
  readonly timedOut: boolean
  /** The last bytes of stderr. */
  readonly stderr: string
}

/**
 * Runs a program in a process group of its own, with exactly the environment given, no stdin and no shell. On abort or
 * at the time limit the whole group is killed; nothing of it stays behind.
 *
 * Rejects with `signal.reason` when aborted, and with the system's error when the program cannot be started.
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  { cwd, environment, timeoutMs, signal, maxStderrBytes = 64 * 1024 }: RunProcessOptions,
): Promise<ProcessResult> {
  signal?.throwIfAborted()
  const child = spawn(command, args, {
    cwd,
    env: environment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const kill = (): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // the group is gone already
    }
  }
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, timeoutMs)
  signal?.addEventListener('abort', kill)
  let stderr = Buffer.alloc(0)
  child.stderr.on('data', (chunk: Buffer) => {
    const all = Buffer.concat([stderr, chunk])
    stderr = all.byteLength > maxStderrBytes ? all.subarray(all.byteLength - maxStderrBytes) : all
  })
  try {
    const [exitCode, signalName] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once('error', reject)
      // a grandchild that outlives the leader may hold the pipe open: the group goes with its leader
      child.once('exit', kill)
      child.once('close', (code, name) => resolve([code, name]))
    })
    signal?.throwIfAborted()
    return {
      exitCode: exitCode ?? undefined,
      signalName: signalName ?? undefined,
      timedOut,
      stderr: stderr.toString('utf8'),
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', kill)
  }
}
