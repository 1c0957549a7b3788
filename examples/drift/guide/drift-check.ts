import process from 'node:process'
import { readPodsOf } from './read-pods.ts'
import { watchNode } from './watch.ts'

/** `await main(process.argv[2])` is the program: it checks once, for a CronJob, or every 300 seconds when it is told `300`. */
export async function main(seconds?: string): Promise<void> {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  const isClean = await watchNode({
    readPods: readPodsOf(process.env['NODE_NAME'] ?? ''),
    intervalMs: seconds === undefined ? undefined : Number(seconds) * 1000,
    print: (text) => process.stdout.write(text),
    signal: stop.signal,
  })
  process.exitCode = isClean ? 0 : 1
}
