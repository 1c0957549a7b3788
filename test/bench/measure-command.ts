import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** What one run of a command cost. */
export interface CommandCost {
  readonly wallSeconds: number
  /** User and system time of the process. */
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly stdout: string
}

/** GNU time tells what the kernel counted for a process. */
const timeCommand = '/usr/bin/time'

/** Runs a command to its end; with an environment of its own where one is given. */
export async function measureCommand(
  command: string,
  args: readonly string[],
  { env }: { readonly env?: NodeJS.ProcessEnv | undefined } = {},
): Promise<CommandCost> {
  const started = performance.now()
  const child = spawn(timeCommand, ['-q', '-f', '\n%U %S %M', command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [status] = (await once(child, 'close')) as [number | null]
  const wallSeconds = (performance.now() - started) / 1000
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`)
  }
  const [user = 0, system = 0, kilobytes = 0] = (stderr.trimEnd().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number)
  return { wallSeconds, cpuSeconds: user + system, peakMiB: kilobytes / 1024, stdout }
}

/** Starts a command and kills it as soon as `isTime` says so. Fails when it ends before. */
export async function killCommand(
  command: string,
  args: readonly string[],
  isTime: () => Promise<boolean>,
): Promise<void> {
  const child = spawn(command, args, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  try {
    while (!(await isTime())) {
      if (child.exitCode !== null) throw new Error(`${command} was done before it could be killed`)
      await delay(5)
    }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}
