import { spawn } from 'node:child_process'
import { HardenError } from '../errors.ts'

/** Options of {@link runCommand}. */
export interface RunCommandOptions {
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly input?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** How a command ended. */
export interface CommandResult {
  /** Absent when a signal ended it. */
  readonly exitCode: number | undefined
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
}

const keptBytes = 1024 * 1024
const maxBytes = 256 * 1024 * 1024

/**
 * Runs a program without a shell in a process group of its own; on abort, at the time limit and when it ends the whole
 * group is killed. Of what it writes the last 1 MiB is kept; above 256 MiB it is killed.
 *
 * Rejects with `signal.reason` when aborted.
 *
 * @throws {HardenError} `SMOKE_UNAVAILABLE` when the program can't be started.
 */
export async function runCommand(
  [program = '', ...words]: readonly string[],
  { environment, timeoutMs, input = '', signal }: RunCommandOptions,
): Promise<CommandResult> {
  signal?.throwIfAborted()
  const child = spawn(program, words, { cwd: '/', env: environment, detached: true, stdio: 'pipe' })
  const kill = (): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The group is gone already.
    }
  }
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, timeoutMs)
  signal?.addEventListener('abort', kill)
  let total = 0
  const keep = (stream: NodeJS.ReadableStream): (() => string) => {
    let chunks: Buffer[] = []
    let held = 0
    stream.on('data', (chunk: Buffer) => {
      total += chunk.byteLength
      if (total > maxBytes) kill()
      chunks.push(chunk)
      held += chunk.byteLength
      if (held > 2 * keptBytes) {
        chunks = [Buffer.concat(chunks).subarray(-keptBytes)]
        held = keptBytes
      }
    })
    return () => Buffer.concat(chunks).subarray(-keptBytes).toString('utf8')
  }
  const stdout = keep(child.stdout)
  const stderr = keep(child.stderr)
  // A program that ends early does not read its input; its exit code says why.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(
          new HardenError('SMOKE_UNAVAILABLE', `${program} can't be started: ${cause.message}`, { cause }),
        ),
      )
      // What outlives the leader may hold the pipes open: the group goes with its leader.
      child.once('exit', kill)
      child.once('close', resolve)
    })
    signal?.throwIfAborted()
    return { exitCode: exitCode ?? undefined, timedOut, stdout: stdout(), stderr: stderr() }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', kill)
  }
}
