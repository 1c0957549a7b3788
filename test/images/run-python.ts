import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface RunOptions {
  /** What the script reads from its standard input. */
  readonly input?: string | undefined
  /** A command that starts the interpreter, e.g. `unshare` with its options. */
  readonly under?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a script of `builder/` and gives what it printed.
 *
 * @throws {Error} when it fails, with the end of what it said on stderr.
 */
export async function runPython(
  script: string,
  args: readonly string[],
  { input = '', under = [], signal }: RunOptions = {},
): Promise<string> {
  signal?.throwIfAborted()
  const path = fileURLToPath(new URL(`builder/${script}`, import.meta.url))
  const [command = 'python3', ...rest] = [...under, 'python3', path, ...args]
  const child = spawn(command, rest, { signal, killSignal: 'SIGKILL' })
  const ended = once(child, 'close') as Promise<[number | null, string | null]>
  let output = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (output += chunk))
  child.stderr
    .setEncoding('utf8')
    .on('data', (chunk: string) => void (complaints = (complaints + chunk).slice(-20_000)))
  // A script that ends early does not read its input; its exit code says why.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  try {
    const [code, killed] = await ended
    if (code === 0) return output
    throw new Error(`${script} ended with ${code ?? killed}: ${complaints.slice(-4000)}`)
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
}
