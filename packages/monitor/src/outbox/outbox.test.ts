import { describe, expect, it } from 'vitest'
import { MonitorError } from '../errors.ts'
import { openTestOutbox, testSink } from '../testing/open-test-outbox.ts'
import { sampleAlert } from '../testing/sample-alert.ts'
import { createOutbox } from './create-outbox.ts'
import { enqueueAlerts } from './enqueue-alerts.ts'

const second = 1000
const hour = 3_600_000
const day = 24 * hour
const refusal = new MonitorError('SINK_FAILED', 'no such channel', { status: 404 })
const busy = (retryAfterMs?: number) =>
  new MonitorError('SINK_FAILED', 'busy', { status: 429, retryable: true, retryAfterMs })

describe('step', () => {
  it('gives each sink each alert once, the urgent ones first', async () => {
    const [one, two] = [testSink('one'), testSink('two')]
    await using test = openTestOutbox([one, two])
    await test.enqueue(['a1', 'b1'], { severity: 'low' })
    await test.enqueue(['c1'], { severity: 'critical' })
    await test.enqueue(['d1'], { severity: 'high' })
    expect(await test.outbox.step()).toEqual({ delivered: 8, postponed: 0, setAside: 0 })
    for (const sink of [one, two]) expect(sink.received).toEqual(['c1', 'd1', 'a1', 'b1'])
    expect(await test.outbox.step()).toEqual({ delivered: 0, postponed: 0, setAside: 0 })
    expect(await test.outbox.pending()).toEqual([])
  })

  it('delivers the alert as it was queued', async () => {
    const sink = testSink('one')
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'])
    await test.outbox.step()
    expect(sink.alerts).toEqual([sampleAlert({ id: 'a1', group: 'a', title: 'a1' })])
  })

  it('does not send again what is queued again, unless under another name', async () => {
    const sink = testSink('one')
    await using test = openTestOutbox([sink])
    for (let times = 0; times < 2; times++) {
      await test.enqueue(['a1'])
      await test.outbox.step()
    }
    const { database, clock } = test
    const entryOf = () => 'a1#2'
    await enqueueAlerts(database.query, [sampleAlert({ id: 'a1' })], ['one'], clock.now(), {
      dialect: database.dialect,
      entryOf,
    })
    await test.outbox.step()
    expect(sink.received).toEqual(['a1', 'a1'])
  })

  it('keeps the order within a group, whatever is more urgent and whatever fails', async () => {
    let failures = 2
    const sink = testSink('one', ({ id }) => {
      if (id === 'a1' && failures-- > 0) throw new Error('no')
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'], { severity: 'low' })
    await test.enqueue(['a2', 'b1', 'b2'], { severity: 'critical' })
    await test.outbox.step()
    expect(sink.received).toEqual(['b1', 'b2'])
    for (let n = 0; n < 5; n++) {
      test.clock.advance(5 * second)
      await test.outbox.step()
    }
    expect(sink.received).toEqual(['b1', 'b2', 'a1', 'a2'])
  })

  it('waits longer after each failure, up to a limit, and says until when', async () => {
    const sink = testSink('one', () => {
      throw new Error('down')
    })
    await using test = openTestOutbox([sink], { maxDelayMs: 8 * second })
    await test.enqueue(['a1'])
    const waits: number[] = []
    for (let n = 0; n < 6; n++) {
      const { postponed, nextAt } = await test.outbox.step()
      expect(postponed).toBe(1)
      waits.push((nextAt!.getTime() - test.clock.now().getTime()) / second)
      test.clock.advance(nextAt!.getTime() - test.clock.now().getTime() - 1)
      expect(await test.outbox.step()).toMatchObject({ postponed: 0, nextAt })
      test.clock.advance(1)
    }
    expect(waits).toEqual([1, 2, 4, 8, 8, 8])
    expect(await test.outbox.pending()).toEqual([
      {
        sink: 'one',
        waiting: 1,
        deadLetters: 0,
        since: '2026-11-26T12:00:00.000Z',
        pausedUntil: test.clock.now().toISOString(),
        error: 'down',
      },
    ])
  })

  it('asks a sink that is down for one alert at a time, not for each', async () => {
    let attempts = 0
    const sink = testSink('one', () => {
      attempts++
      throw new Error('down')
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(Array.from({ length: 50 }, (_, n) => `a${n}-1`))
    await test.outbox.step()
    expect(attempts).toBe(1)
    test.clock.advance(second)
    await test.outbox.step()
    expect(attempts).toBe(2)
  })

  it('goes on with the others when one alert alone can not be sent', async () => {
    const sink = testSink('one', ({ id }) => {
      if (id === 'a1') throw new Error('500')
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'], { severity: 'critical' })
    await test.enqueue(['b1', 'c1', 'd1'], { severity: 'low' })
    for (let n = 0; n < 5; n++) {
      await test.outbox.step()
      test.clock.advance(second)
    }
    expect(sink.received).toEqual(['b1', 'c1', 'd1'])
  })

  it.each([
    ['what a sink asks for', 90 * second, 90 * second],
    ['an hour at most', day, hour],
    ['its own time when that is longer', 10, second],
  ])('leaves a sink that is busy alone for %s', async (_, asked, expected) => {
    const sink = testSink('one', () => {
      throw busy(asked)
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1', 'b1'])
    const { nextAt, postponed } = await test.outbox.step()
    expect(postponed).toBe(1)
    expect(nextAt!.getTime() - test.clock.now().getTime()).toBe(expected)
  })

  it('delivers after days', async () => {
    let isDown = true
    const sink = testSink('one', () => {
      if (isDown) throw new Error('down')
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1', 'a2', 'b1'])
    for (let n = 0; n < 20; n++) {
      await test.outbox.step()
      test.clock.advance(12 * hour)
    }
    isDown = false
    await test.outbox.step()
    expect(sink.received.toSorted()).toEqual(['a1', 'a2', 'b1'])
    expect(sink.received.indexOf('a1')).toBeLessThan(sink.received.indexOf('a2'))
  })

  it('ends with the reason of its signal, and counts nothing against the alert', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const sink = testSink('one', (_, signal) => {
      controller.abort(reason)
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'])
    await expect(test.outbox.step({ signal: controller.signal })).rejects.toBe(reason)
    const again = testSink('one')
    expect(await test.another([again]).step()).toMatchObject({ delivered: 1 })
    expect(test.failures).toEqual([])
  })
})

describe('a sink that hangs', () => {
  it('delays no other', async () => {
    const othersDone = Promise.withResolvers<void>()
    // Ends only after the other one has everything.
    const slow = testSink('slow', () => othersDone.promise)
    const quick = testSink('quick', ({ id }) => {
      if (id === 'b1') othersDone.resolve()
    })
    await using test = openTestOutbox([slow, quick])
    await test.enqueue(['a1', 'b1'])
    expect(await test.outbox.step()).toMatchObject({ delivered: 4, postponed: 0 })
  })

  it('is not waited for without end, whatever it does with its signal, and is tried again', async () => {
    const never = Promise.withResolvers<void>()
    const sink = testSink('one', () => never.promise)
    await using test = openTestOutbox([sink], { sendTimeoutMs: 20 })
    await test.enqueue(['a1', 'b1'])
    expect(await test.outbox.step()).toMatchObject({ delivered: 0, postponed: 1 })
    expect(test.failures).toMatchObject([
      { type: 'postponed', sink: 'one', alertId: 'a1', error: { code: 'SINK_FAILED' } },
    ])
  })
})

describe('run', () => {
  it('delivers what comes, sleeps in between, and ends with its signal', async () => {
    const controller = new AbortController()
    const sleeps: number[] = []
    let fails = true
    const sink = testSink('one', () => {
      if (!fails) return
      fails = false
      throw new Error('down')
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'])
    const run = test
      .another([sink], {
        pollMs: 60_000,
        sleep: async (milliseconds) => {
          sleeps.push(milliseconds)
          test.clock.advance(milliseconds)
          if (sleeps.length === 2) await test.enqueue(['a2'])
          if (sleeps.length === 3) controller.abort()
        },
      })
      .run({ signal: controller.signal })
    await run
    expect(sink.received).toEqual(['a1', 'a2'])
    expect(sleeps).toEqual([1000, 60_000, 60_000])
  })

  it('goes on when the database is out of reach for a while, and says so', async () => {
    const controller = new AbortController()
    const sink = testSink('one')
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'])
    let outages = 2
    const database = {
      ...test.database,
      transaction: <T>(work: Parameters<typeof test.database.transaction<T>>[0]) =>
        outages-- > 0 ? Promise.reject(new Error('no disk')) : test.database.transaction(work),
    }
    const sleeps: number[] = []
    await test
      .another([sink], {
        database,
        sleep: async (milliseconds) => {
          sleeps.push(milliseconds)
          if (sink.received.length > 0) controller.abort()
        },
      })
      .run({ signal: controller.signal })
    expect(sleeps.slice(0, 2)).toEqual([1000, 2000])
    expect(test.failures.map(({ type }) => type)).toEqual(['database', 'database'])
  })

  it('stops at once when it is told to while a sink hangs', async () => {
    const controller = new AbortController()
    const never = Promise.withResolvers<void>()
    const sink = testSink('one', () => {
      setImmediate(() => controller.abort())
      return never.promise
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'])
    await test.outbox.run({ signal: controller.signal })
    expect(await test.another([testSink('one')]).step()).toMatchObject({ delivered: 1 })
  })
})

describe('dead letters', () => {
  it('are what a sink refuses; what comes after goes on', async () => {
    const sink = testSink('one', ({ id }) => {
      if (id === 'a1') throw refusal
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1', 'a2', 'b1'])
    expect(await test.outbox.step()).toEqual({ delivered: 2, postponed: 0, setAside: 1 })
    expect((await test.outbox.deadLetters()).items).toEqual([
      {
        sink: 'one',
        alert: sampleAlert({ id: 'a1', group: 'a', title: 'a1' }),
        attempts: 1,
        error: 'no such channel',
        at: test.clock.now().toISOString(),
      },
    ])
    expect(test.failures).toEqual([{ type: 'set-aside', sink: 'one', alertId: 'a1', error: refusal }])
  })

  it('are what could not be sent for too long', async () => {
    const sink = testSink('one', () => {
      throw busy()
    })
    await using test = openTestOutbox([sink], { giveUpAfterMs: 2 * day })
    await test.enqueue(['a1'])
    for (let n = 0; n < 2; n++) {
      expect(await test.outbox.step()).toMatchObject({ postponed: 1, setAside: 0 })
      test.clock.advance(day)
    }
    expect(await test.outbox.step()).toMatchObject({ postponed: 0, setAside: 1 })
  })

  it('can be sent again, one or all, and then have all their time', async () => {
    let isDown = true
    const sinks = ['one', 'two'].map((name) =>
      testSink(name, () => {
        if (isDown) throw refusal
      }),
    )
    await using test = openTestOutbox(sinks)
    await test.enqueue(['a1', 'b1', 'c1'])
    await test.outbox.step()
    test.clock.advance(100 * day)
    isDown = false
    expect(await test.outbox.retry({ id: 'a1' })).toBe(2)
    expect(await test.outbox.retry({ id: 'a1' })).toBe(0)
    await test.outbox.step()
    expect(await test.outbox.retry({ sink: 'two' })).toBe(2)
    await test.outbox.step()
    expect(sinks.map(({ received }) => received)).toEqual([['a1'], ['a1', 'b1', 'c1']])
    expect(await test.outbox.discard({ sink: 'one', id: 'b1' })).toBe(1)
    expect((await test.outbox.deadLetters()).items.map(({ alert }) => alert.id)).toEqual(['c1'])
  })

  it('are listed page by page, by sink, and never removed with what was delivered', async () => {
    const sinks = ['one', 'two'].map((name) =>
      testSink(name, () => {
        throw refusal
      }),
    )
    await using test = openTestOutbox(sinks)
    await test.enqueue(['a1', 'b1', 'c1'])
    await test.outbox.step()
    test.clock.advance(365 * day)
    await test.outbox.step()
    const first = await test.outbox.deadLetters({ sink: 'two', limit: 2 })
    const second = await test.outbox.deadLetters({ sink: 'two', limit: 2, cursor: first.next })
    expect([...first.items, ...second.items].map(({ alert }) => alert.id).toSorted()).toEqual([
      'a1',
      'b1',
      'c1',
    ])
    expect(second.next).toBeUndefined()
  })

  it('keep no secret of an error', async () => {
    const sink = testSink('one', () => {
      throw new MonitorError(
        'SINK_FAILED',
        'POST https://hooks.example/services/T0/s3cret: Bearer abcdefghij',
      )
    })
    await using test = openTestOutbox([sink])
    await test.enqueue(['a1'])
    await test.outbox.step()
    const [letter] = (await test.outbox.deadLetters()).items
    expect(letter!.error).toBe('POST https://hooks.example Bearer …')
  })
})

describe('what was delivered', () => {
  it('is removed after a while, and with it alerts that nobody waits for', async () => {
    const sink = testSink('one')
    await using test = openTestOutbox([sink], { retentionMs: hour })
    await test.enqueue(['a1', 'b1'])
    await test.outbox.step()
    test.clock.advance(hour + 1)
    await test.enqueue(['c1'])
    await test.outbox.step()
    const rows = await test.database.query(
      `SELECT entry FROM ${test.database.dialect.table('monitor_outbox_alert')}`,
    )
    expect(rows).toEqual([{ entry: 'c1' }])
  })
})

describe('two processes', () => {
  it('never send to a sink at the same time', async () => {
    let inFlight = 0
    const worst: number[] = []
    const make = () =>
      testSink('one', async () => {
        worst.push(++inFlight)
        await new Promise((resolve) => setImmediate(resolve))
        inFlight--
      })
    const sinks = [make(), make(), make()]
    await using test = openTestOutbox([sinks[0]!])
    const boxes = sinks.map((sink) => test.another([sink]))
    for (let round = 0; round < 5; round++) {
      await test.enqueue(Array.from({ length: 10 }, (_, n) => `r${round}x${n}-1`))
      await Promise.all(boxes.map((box) => box.step()))
    }
    expect(Math.max(...worst)).toBe(1)
    expect(sinks.flatMap(({ received }) => received).toSorted()).toHaveLength(50)
    expect(new Set(sinks.flatMap(({ received }) => received)).size).toBe(50)
  })

  it('take over when the other one hangs', async () => {
    const never = Promise.withResolvers<void>()
    const sink = testSink('one')
    await using test = openTestOutbox([testSink('one', () => never.promise)], { sendTimeoutMs: 5000 })
    await test.enqueue(['a1'])
    const controller = new AbortController()
    const hung = test.outbox.step({ signal: controller.signal }).catch(() => undefined)
    const other = test.another([sink])
    await expect.poll(async () => (await other.step()).nextAt, { interval: 5 }).toBeDefined()
    expect(sink.received).toEqual([])
    test.clock.advance(35 * second)
    await other.step()
    expect(sink.received).toEqual(['a1'])
    controller.abort()
    await hung
  })
})

describe('createOutbox', () => {
  it.each([
    ['two sinks of one name', [testSink('one'), testSink('one')], {}],
    ['a name with spaces', [testSink('one two')], {}],
    ['a limit for nobody', [testSink('one')], { maxPerMinute: { two: 5 } }],
    ['a limit that leaves no room for a digest', [testSink('one')], { maxPerMinute: { one: 1 } }],
    ['a time of nothing', [testSink('one')], { sendTimeoutMs: 0 }],
    ['a retention that limits can not be counted by', [testSink('one')], { retentionMs: 1000 }],
  ])('refuses %s', async (_, sinks, options) => {
    await using test = openTestOutbox([])
    expect(() => createOutbox({ database: test.database, sinks, ...options })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
