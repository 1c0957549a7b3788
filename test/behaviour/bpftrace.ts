import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { toolPath } from '@sallyport/test-tools'

/** Tracepoints are files of tracefs, which not every machine has mounted. */
const mounted = (...command: readonly string[]) => [
  '--mount',
  'sh',
  '-c',
  'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec "$@"',
  'sh',
  ...command,
]

/** Why this machine lets no bpftrace run; `undefined` when it does. */
export function bpftraceRefusal(): string | undefined {
  const bpftrace = toolPath('bpftrace')
  if (bpftrace === undefined) return 'bpftrace is not installed'
  const program = 'tracepoint:syscalls:sys_enter_execve { exit(); }'
  const probe = spawnSync('unshare', mounted(bpftrace, '-q', '-e', program, '-c', '/bin/true'), {
    timeout: 60_000,
  })
  return probe.status === 0 ? undefined : probe.stderr.toString().slice(-300) || 'bpftrace does not end'
}

/** Records what redis does on this machine while `work` runs; `touch` does something of it, to see that it is recorded. */
export async function recordRedis(touch: () => unknown, work: () => Promise<unknown>): Promise<string> {
  const script = fileURLToPath(new URL('redis.bt', import.meta.url))
  const child = spawn('unshare', mounted(toolPath('bpftrace')!, '-q', script), {
    env: { ...process.env, BPFTRACE_STRLEN: '100' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  let output = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (output += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (complaints += chunk))
  try {
    for (const end = Date.now() + 60_000; !output.includes('redis'); await pause(200)) {
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`bpftrace records nothing: ${complaints}`)
      touch()
    }
    await work()
  } finally {
    // It empties its buffers before it ends.
    child.kill('SIGINT')
    await ended
  }
  if (/lost \d+ events/i.test(`${complaints}${output}`)) throw new Error('bpftrace lost events')
  return output
}
