import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ScanError } from '../errors.ts'
import { inventoryOf, subject } from '../internal/inventory.fixture.ts'
import type { Scanner } from '../ports/scanner.ts'
import type { ScanReport } from '../scan-report.ts'
import { runScanners } from './run-scanners.ts'

const inventory = inventoryOf([])
const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }

const reportOf = (name: string, rest: Partial<ScanReport> = {}): ScanReport => ({
  scanner: { name, version: '1' },
  subject,
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01Z',
  data: [],
  status: 'complete',
  gaps: [],
  findings: [],
  ...rest,
})

const good: Scanner = { name: 'good', scan: async () => reportOf('good') }

const failing: readonly (readonly [string, Scanner['scan'], object])[] = [
  [
    'rejects with a code',
    () => Promise.reject(new ScanError('DATA_UNAVAILABLE', 'no data', { retryable: true })),
    { code: 'DATA_UNAVAILABLE', message: 'no data', retryable: true },
  ],
  [
    'throws something else',
    () => Promise.reject(new TypeError('a bug')),
    { code: 'UNEXPECTED', message: 'a bug', retryable: false },
  ],
  [
    'answers about another image',
    async () => reportOf('bad', { subject: `sha256:${'0'.repeat(64)}` }),
    { code: 'SUBJECT_MISMATCH' },
  ],
  [
    'never answers, and does not listen to its signal',
    () => new Promise(() => {}),
    { code: 'SCANNER_TIMEOUT', retryable: true },
  ],
]

describe('runScanners', () => {
  it.each(failing)(
    'makes a failed report of a scanner that %s, and keeps the others',
    async (_, scan, failure) => {
      const { reports } = await runScanners([{ name: 'bad', scan }, good], target, { timeoutMs: 50 })
      expect(reports.map(({ scanner, status }) => [scanner.name, status])).toEqual([
        ['bad', 'failed'],
        ['good', 'complete'],
      ])
      expect(reports[0]).toMatchObject({ subject, failure })
    },
  )

  it('rejects with the reason of an abort, also where a scanner does not listen', async () => {
    const reason = new Error('enough')
    await expect(runScanners([good], target, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const deaf: Scanner = { name: 'deaf', scan: () => new Promise(() => {}) }
    const running = runScanners([deaf], target, { signal: controller.signal })
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  it('runs no more at once than allowed', async () => {
    let running = 0
    let most = 0
    const scan = async () => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      return reportOf('counted')
    }
    const scanners = Array.from({ length: 6 }, () => ({ name: 'counted', scan }))
    expect((await runScanners(scanners, target, { concurrency: 2 })).reports).toHaveLength(6)
    expect(most).toBe(2)
  })

  it('holds nothing of scans that ended, however long the signal of them all lives', async () => {
    const controller = new AbortController()
    const held: WeakRef<object>[] = []
    const watched: Scanner = {
      name: 'watched',
      async scan(_, { signal } = {}) {
        const report = reportOf('watched')
        held.push(new WeakRef(report), new WeakRef(signal!))
        return report
      },
    }
    for (let scan = 0; scan < 50; scan++) await runScanners([watched], target, { signal: controller.signal })
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    for (let turn = 0; turn < 3; turn++) {
      await new Promise(setImmediate)
      gc()
    }
    expect(held).toHaveLength(100)
    expect(held.filter((each) => each.deref() !== undefined)).toHaveLength(0)
    expect(controller.signal.aborted).toBe(false)
  })

  it('refuses to run nobody', async () => {
    await expect(runScanners([], target)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
