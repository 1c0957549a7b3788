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
/** Of the whole run, in milliseconds. */
const longestMs = 300_000

/** Milliseconds. */
interface Percentiles {
  readonly p50: number
  readonly p99: number
}

interface Measured {
  readonly steady: {
    readonly perSecond: number
    readonly left: number
    readonly judged: Percentiles
    readonly answered: Percentiles
    readonly requestsPerEvent: number
    readonly cpuMicrosPerEvent: number
  }
  readonly capacity: { readonly perSecond: number; readonly cpuMicrosPerEvent: number }
  readonly byHand: { readonly perSecond: number; readonly cpuMicrosPerEvent: number }
  readonly alerted: number
}

/**
 * A monitor with its state in a file, beside a docker-registry on the same machine, under a steady load, and as much as it
 * takes, beside a receiver as teams write it by hand. It ends, however busy the machine is.
 */
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
      drainSeconds: 30,
    }
    const { stdout } = await promisify(execFile)(process.execPath, [ours, JSON.stringify(task)], {
      timeout: longestMs,
    })
    const { steady, capacity, byHand, alerted } = JSON.parse(stdout) as Measured
    if (alerted > 0) throw new Error(`${alerted} false alarms`)
    const row = (title: string, metric: string, value: number, most?: number, peer?: number) =>
      toRow(
        { case: title, metric },
        Number(value.toFixed(3)),
        peer === undefined ? {} : { 'by hand': Number(peer.toFixed(3)) },
        most === undefined ? { type: 'none' } : { type: 'figure', most },
      )
    const most = 'as much as it takes'
    const capacityRow = row(
      most,
      'events judged per second (the more the better)',
      capacity.perSecond,
      undefined,
      byHand.perSecond,
    )
    return [
      { ...capacityRow, target: `≥ ${wanted}`, ok: capacity.perSecond >= wanted },
      row(most, 'µs of processor per event', capacity.cpuMicrosPerEvent, undefined, byHand.cpuMicrosPerEvent),
      row(`${wanted} offered`, 'events judged per second', steady.perSecond),
      row(`${wanted} offered`, 'events not judged half a minute later', steady.left, 0),
      row(`${wanted} offered`, 'p50 in ms from delivery to answer', steady.answered.p50),
      row(`${wanted} offered`, 'p99 in ms from delivery to answer', steady.answered.p99, 20),
      row(`${wanted} offered`, 'p50 in ms from delivery to judgement', steady.judged.p50),
      row(`${wanted} offered`, 'p99 in ms from delivery to judgement', steady.judged.p99, 20),
      row(`${wanted} offered`, 'requests to the registry per event', steady.requestsPerEvent),
      row(`${wanted} offered`, 'µs of processor per event', steady.cpuMicrosPerEvent),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
