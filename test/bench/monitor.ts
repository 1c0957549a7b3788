import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'
import { startDockerRegistry } from '@sallyport/test-tools'
import { type BenchRow, toRow } from './bench-row.ts'

const ours = fileURLToPath(new URL('monitor-ours.mjs', import.meta.url))
const wanted = 5000

interface Measured {
  readonly steady: { readonly perSecond: number; readonly p50: number; readonly p99: number } & {
    readonly requestsPerEvent: number
    readonly cpuMicrosPerEvent: number
  }
  readonly capacity: { readonly perSecond: number }
  readonly alerted: number
  readonly left: number
}

/** A monitor with its state in a file, beside a docker-registry on the same machine, under a steady load. */
export async function benchMonitor(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await using registry = await startDockerRegistry({ directory: join(directory, 'registry') })
    const task = {
      registry: registry.host,
      work: directory,
      images: 60,
      promotions: 100,
      perSecond: wanted,
      seconds: 10,
    }
    const { stdout } = await promisify(execFile)(process.execPath, [ours, JSON.stringify(task)])
    const { steady, capacity, alerted, left } = JSON.parse(stdout) as Measured
    if (alerted + left > 0) throw new Error(`${alerted} false alarms, ${left} events not judged`)
    const row = (title: string, metric: string, value: number, most?: number) =>
      toRow(
        { case: title, metric },
        Number(value.toFixed(3)),
        {},
        most === undefined ? { type: 'none' } : { type: 'figure', most },
      )
    const capacityRow = row('as much as it takes', 'events per second', capacity.perSecond)
    return [
      { ...capacityRow, target: `≥ ${wanted}`, ok: capacity.perSecond >= wanted },
      row(`${wanted} offered`, 'events per second', steady.perSecond),
      row(`${wanted} offered`, 'p50 in ms from intake to judgement', steady.p50),
      row(`${wanted} offered`, 'p99 in ms from intake to judgement', steady.p99, 20),
      row(`${wanted} offered`, 'requests to the registry per event', steady.requestsPerEvent),
      row(`${wanted} offered`, 'µs of processor per event', steady.cpuMicrosPerEvent),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
