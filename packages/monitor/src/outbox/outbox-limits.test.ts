import { describe, expect, it } from 'vitest'
import { MonitorError } from '../errors.ts'
import { openTestOutbox, testSink } from '../testing/open-test-outbox.ts'
import { sampleAlert } from '../testing/sample-alert.ts'
import { buildDigest } from './build-digest.ts'

const minute = 60_000
const idsOf = (count: number, prefix = 'x'): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(4, '0')}-1`)

describe('a limit', () => {
  it('leaves alone what keeps to it', async () => {
    const sink = testSink('one')
    await using test = openTestOutbox([sink], { maxPerMinute: { one: 5 } })
    await test.enqueue(idsOf(4))
    await test.outbox.step()
    expect(sink.received).toEqual(idsOf(4))
  })

  it('sums up what is beyond it, the urgent ones sent by themselves, and nothing lost', async () => {
    const [limited, free] = [testSink('limited'), testSink('free')]
    await using test = openTestOutbox([limited, free], { maxPerMinute: { limited: 5 } })
    await test.enqueue(idsOf(40), { severity: 'low' })
    await test.enqueue(idsOf(2, 'urgent'), { severity: 'critical' })
    expect(await test.outbox.step()).toMatchObject({ delivered: 42 + 5 })
    expect(limited.received.slice(0, 4)).toEqual([...idsOf(2, 'urgent'), ...idsOf(2)])
    const digest = limited.alerts[4]!
    expect(digest).toMatchObject({
      id: expect.stringMatching(/^digest:[0-9a-f]{32}$/) as string,
      severity: 'low',
      occurrences: 38,
      title: expect.stringMatching(/^38 alerts at once: 38 low; the worst: /) as string,
      registry: 'prod.example',
    })
    expect(limited.received).toHaveLength(5)
    const summed = await test.outbox.summedUp(digest.id)
    expect(summed.map(({ id }) => id)).toEqual(idsOf(40).slice(2))
    expect(free.received).toHaveLength(42)
    expect(await test.outbox.pending()).toEqual([])
  })

  it('holds in any minute, whatever comes', async () => {
    const times: number[] = []
    const digests: number[] = []
    const sink = testSink('one', ({ id }) => {
      times.push(test.clock.now().getTime())
      if (id.startsWith('digest:')) digests.push(test.clock.now().getTime())
    })
    await using test = openTestOutbox([sink], { maxPerMinute: { one: 3 } })
    const covered = new Set<string>()
    for (let n = 0; n < 40; n++) {
      await test.enqueue(idsOf(n % 7, `round${n}x`))
      await test.outbox.step()
      test.clock.advance(7000)
    }
    for (let n = 0; n < 20; n++) {
      await test.outbox.step()
      test.clock.advance(minute)
    }
    for (const at of times) {
      expect(times.filter((other) => other > at - minute && other <= at).length).toBeLessThanOrEqual(3)
    }
    expect(digests.length).toBeGreaterThan(2)
    for (const [index, at] of digests.entries())
      expect(at - (digests[index - 1] ?? 0)).toBeGreaterThanOrEqual(minute)
    for (const { id } of sink.alerts) {
      covered.add(id)
      for (const alert of await test.outbox.summedUp(id)) covered.add(alert.id)
    }
    const all = Array.from({ length: 40 }, (_, n) => idsOf(n % 7, `round${n}x`)).flat()
    expect(all.filter((id) => !covered.has(id))).toEqual([])
    expect(await test.outbox.pending()).toEqual([])
  })

  it('sends what takes an alert back by itself, after the alert', async () => {
    const sink = testSink('one')
    await using test = openTestOutbox([sink], { maxPerMinute: { one: 2 } })
    await test.enqueue(idsOf(5))
    await test.enqueue(['a1'], { severity: 'low' })
    await test.enqueue(['a2'], { severity: 'low', resolves: 'a1' })
    await test.enqueue(['a3'], { severity: 'low' })
    for (let n = 0; n < 6; n++) {
      await test.outbox.step()
      test.clock.advance(minute + 1)
    }
    const order: string[] = []
    for (const { id } of sink.alerts) {
      const summed = await test.outbox.summedUp(id)
      order.push(...(summed.length > 0 ? summed.map((alert) => alert.id) : [id]))
    }
    expect(order.toSorted()).toEqual([...idsOf(5), 'a1', 'a2', 'a3'].toSorted())
    expect(order.filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
    expect(sink.received).toContain('a2')
  })

  it('sends a digest that failed again with the same id', async () => {
    let fails = true
    const ids: string[] = []
    const sink = testSink('one', ({ id }) => {
      if (!id.startsWith('digest:')) return
      ids.push(id)
      if (fails) throw new Error('down')
    })
    await using test = openTestOutbox([sink], { maxPerMinute: { one: 2 } })
    await test.enqueue(idsOf(5))
    await test.outbox.step()
    expect(await test.outbox.pending()).toMatchObject([{ sink: 'one', waiting: 4 }])
    fails = false
    test.clock.advance(minute)
    await test.outbox.step()
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
    expect(await test.outbox.pending()).toEqual([])
  })

  it('sets aside each by itself when a digest is refused', async () => {
    const sink = testSink('one', ({ id }) => {
      if (id.startsWith('digest:')) throw new MonitorError('SINK_FAILED', 'too large')
    })
    await using test = openTestOutbox([sink], { maxPerMinute: { one: 2 } })
    await test.enqueue(idsOf(5))
    expect(await test.outbox.step()).toMatchObject({ delivered: 1, setAside: 1 })
    const letters = (await test.outbox.deadLetters()).items
    expect(letters.map(({ alert }) => alert.id).toSorted()).toEqual(idsOf(5).slice(1))
    expect(await test.outbox.retry({})).toBe(4)
    expect(
      await test.database.query(`SELECT entry FROM monitor_outbox_alert WHERE entry LIKE 'digest%'`),
    ).toEqual([])
  })
})

describe('buildDigest', () => {
  it('lists the worst first, and says how many it does not list', () => {
    const alerts = [
      ...Array.from({ length: 110 }, (_, n) => sampleAlert({ id: `low-${n}`, severity: 'low' })),
      sampleAlert({
        id: 'high',
        severity: 'high',
        kind: 'rollback',
        repository: 'other/app',
        occurrences: 4,
      }),
    ]
    const digest = buildDigest(alerts, 'slack', new Date('2026-11-26T12:00:00Z'))
    expect(digest).toMatchObject({
      kind: 'rollback',
      severity: 'high',
      registry: 'prod.example',
      repository: '*',
      occurrences: 114,
      title: expect.stringMatching(/^111 alerts at once: 1 high, 110 low; /) as string,
    })
    expect(digest.odd).toHaveLength(101)
    expect(digest.odd[0]).toMatch(/^high: .*alert high\]$/)
    expect(digest.odd[100]).toBe('and 11 more')
    expect(digest.events).toHaveLength(20)
  })
})
