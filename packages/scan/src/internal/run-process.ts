import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'

/** Options of {@link runProcess}. */
export interface RunProcessOptions {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** How much of the end of stderr to keep. Default 64 KiB. */
  readonly maxStderrBytes?: number | undefined
  /** How much stderr, and how much stdout where it is kept, a program may write before it is killed. Default 64 MiB. */
  readonly maxOutputBytes?: number | undefined
  /** Keep stdout. Default `false`: it is thrown away. */
  readonly keepStdout?: boolean | undefined
  /** Files that must not grow over a size while the program runs. Default none. */
  readonly watched?: readonly WatchedFile[] | undefined
}

/** A file that a program writes, and how large it may become. */
export interface WatchedFile {
  readonly path: string
  readonly maxBytes: number
}

/** How a process ended. */
export interface ProcessResult {
  /** Absent when a signal ended it. */
  readonly exitCode: number | undefined
  readonly signalName: string | undefined
  readonly timedOut: boolean
  /** What it wrote more of than allowed; it was killed for that. */
  readonly flooded: string | undefined
  /** The last bytes of stderr. */
  readonly stderr: string
  /** All of stdout, where it was to be kept. */
  readonly stdout: string
}

/**
 * Runs a program in a process group of its own, with exactly the environment given, no stdin and no shell. On abort,
 * at the time limit or when it writes more than allowed the whole group is killed; nothing of it stays behind.
 *
 * Rejects with `signal.reason` when aborted, and with the system's error when the program cannot be started.
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  {
    cwd,
    environment,
    timeoutMs,
    signal,
    maxStderrBytes = 64 * 1024,
    maxOutputBytes = 64 * 1024 * 1024,
    keepStdout = false,
    watched = [],
  }: RunProcessOptions,
): Promise<ProcessResult> {
  signal?.throwIfAborted()
  const child = spawn(command, args, {
    cwd,
    env: environment,
    detached: true,
    stdio: ['ignore', keepStdout ? 'pipe' : 'ignore', 'pipe'],
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
  let flooded: string | undefined
  const flood = (what: string): void => {
    flooded ??= what
    kill()
  }
  let stderr = Buffer.alloc(0)
  let stderrBytes = 0
  child.stderr?.on('data', (chunk: Buffer) => {
    stderrBytes += chunk.byteLength
    if (stderrBytes > maxOutputBytes) flood('stderr')
    const all = Buffer.concat([stderr, chunk])
    stderr = all.byteLength > maxStderrBytes ? all.subarray(all.byteLength - maxStderrBytes) : all
  })
  const stdout: Buffer[] = []
  let stdoutBytes = 0
  child.stdout?.on('data', (chunk: Buffer) => {
    stdoutBytes += chunk.byteLength
    if (stdoutBytes > maxOutputBytes) flood('stdout')
    else stdout.push(chunk)
  })
  const watching = watched.length === 0 ? undefined : setInterval(() => void watch(watched, flood), 200)
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
      flooded,
      stdout: Buffer.concat(stdout).toString('utf8'),
      stderr: stderr.toString('utf8'),
    }
  } finally {
    clearTimeout(timer)
    clearInterval(watching)
    signal?.removeEventListener('abort', kill)
  }
}

async function watch(files: readonly WatchedFile[], flood: (what: string) => void): Promise<void> {
  for (const { path, maxBytes } of files) {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size > maxBytes) flood(path)
  }
}
