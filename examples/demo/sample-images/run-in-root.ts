import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A command that runs with a folder as its root directory. Dispose it to end it. */
export interface RootProcess extends AsyncDisposable {
  readonly child: ChildProcess
  /** What it wrote to standard error so far, at most 4,000 characters. */
  readonly errors: () => string
  /** Settles when it has ended. */
  readonly ended: Promise<void>
}

const devices = ['null', 'zero', 'urandom']

/**
 * Whether this machine lets this user run a command with another root directory: as root, or in a user namespace.
 * Returns the arguments of unshare(1), or `undefined` when it does not.
 */
export async function findIsolation(): Promise<readonly string[] | undefined> {
  const common = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL']
  const candidates = process.getuid?.() === 0 ? [common] : [['--user', '--map-root-user', ...common]]
  for (const options of candidates) {
    try {
      await run('unshare', [...options, 'true'], { timeout: 10_000 })
      return options
    } catch {
      // Not installed, or not allowed: there is no other way without root.
    }
  }
  return undefined
}

/** Starts a command in `directory` as its root, with a few devices, and no variables but `environment`. */
export async function runInRoot(
  isolation: readonly string[],
  directory: string,
  command: readonly string[],
  environment: readonly string[],
): Promise<RootProcess> {
  await mkdir(join(directory, 'dev'), { recursive: true })
  await mkdir(join(directory, 'tmp'), { recursive: true })
  await mkdir(join(directory, 'run'), { recursive: true })
  for (const device of devices) await writeFile(join(directory, 'dev', device), '', { flag: 'a' })
  const mounts = devices.map((device) => `mount --bind "/dev/${device}" "$root/dev/${device}"`)
  const script = ['set -e', 'root="$1"; shift', ...mounts, 'exec chroot "$root" "$@"'].join('\n')
  const child = spawn('unshare', [...isolation, 'sh', '-c', script, 'sh', directory, ...command], {
    env: Object.fromEntries([
      ['PATH', process.env.PATH ?? ''],
      ...environment.map((entry) => splitOnce(entry)),
    ]),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)))
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      errors += error.message
      resolve()
    })
    child.once('close', () => resolve())
  })
  return {
    child,
    errors: () => errors.trim(),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function splitOnce(entry: string): [string, string] {
  const at = entry.indexOf('=')
  return [entry.slice(0, at), entry.slice(at + 1)]
}
