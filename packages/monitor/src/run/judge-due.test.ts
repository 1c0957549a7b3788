import { describe, expect, it } from 'vitest'
import type { PendingEvent } from '../ports/monitor-state.ts'
import { type JudgingOptions, type JudgingRun, openJudging } from './judge-due.ts'

const pendingOf = (registry: string, number: number): PendingEvent => ({
  key: `${registry} ${number}`,
  queue: registry,
  event: {
    id: `${registry} ${number}`,
    source: 'log',
    time: '2026-11-26T12:00:00.000Z',
    action: 'push',
    actor: { kind: 'unknown' },
    registry,
    repository: 'team/app',
    tag: '1',
  },
  receivedAt: '2026-11-26T12:00:00.000Z',
  tries: 0,
  isReported: false,
})

/** A queue that judged events leave, and judgements that end when they are told to. */
function openQueue(...events: readonly PendingEvent[]) {
  const queue = [...events]
  const begun: (readonly string[])[] = []
  const ends: (() => void)[] = []
  let arrive = (): void => undefined
  return {
    begun,
    waiting: () => queue,
    end: (at: number) => ends[at]!(),
    add(...more: readonly PendingEvent[]) {
      queue.push(...more)
      arrive()
    },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    options: {
      due: async ({ limit, except }: Parameters<JudgingOptions['due']>[0]) => {
        const free = queue.filter(({ event: { registry } }) => !except.has(registry))
        return free.filter(({ event: { registry } }) => registry === free[0]!.event.registry).slice(0, limit)
      },
      async judge(batch: readonly PendingEvent[]) {
        begun.push(batch.map(({ key }) => key))
        await new Promise<void>((resolve) => ends.push(resolve))
        for (const each of batch) queue.splice(queue.indexOf(each), 1)
      },
      arrival: () => new Promise<void>((resolve) => (arrive = resolve)),
      longestMs: 60_000,
    },
  }
}

const judgeDue = (options: JudgingOptions & JudgingRun) => openJudging(options).run(options)

describe('openJudging', () => {
  it('judges one batch of a registry at a time, and does not let others wait for it', async () => {
    const queue = openQueue(pendingOf('a', 1), pendingOf('b', 1), pendingOf('a', 2))
    const judging = judgeDue(queue.options)
    await queue.turn()
    expect(queue.begun).toEqual([['a 1', 'a 2'], ['b 1']])
    queue.add(pendingOf('a', 3), pendingOf('b', 2), pendingOf('a', 4))
    queue.end(1)
    await queue.turn()
    expect(queue.begun.slice(2)).toEqual([['b 2']])
    queue.end(0)
    await queue.turn()
    expect(queue.begun.slice(3)).toEqual([['a 3', 'a 4']])
    queue.end(2)
    queue.end(3)
    await judging
    expect(queue.waiting()).toEqual([])
  })

  it('judges all of a long queue, each event once', async () => {
    const queue = openQueue(
      ...Array.from({ length: 9000 }, (_, number) => pendingOf(`${number % 7}`, number)),
    )
    const judged: string[] = []
    await judgeDue({
      ...queue.options,
      async judge(batch) {
        judged.push(...batch.map(({ key }) => key))
        const at = queue.begun.length
        const judging = queue.options.judge(batch)
        await queue.turn()
        queue.end(at)
        await judging
      },
    })
    expect(judged).toHaveLength(9000)
    expect(new Set(judged).size).toBe(9000)
  })

  it('does not judge again what ended while it was read', async () => {
    const [first, second] = [pendingOf('a', 1), pendingOf('b', 1)]
    const queue = openQueue(first)
    let reads = 0
    const judging = judgeDue({
      ...queue.options,
      async due(options) {
        const read = await queue.options.due(options)
        if (++reads === 2) {
          queue.end(0)
          await queue.turn()
        }
        return read
      },
    })
    await queue.turn()
    queue.add(second)
    await expect.poll(() => queue.begun.length).toBe(2)
    queue.end(1)
    await judging
    expect(queue.begun).toEqual([['a 1'], ['b 1']])
  })

  it('reads at once what came while it read, whatever is being judged', async () => {
    const queue = openQueue(pendingOf('a', 1))
    let reads = 0
    const judging = judgeDue({
      ...queue.options,
      async due(options) {
        const read = await queue.options.due(options)
        if (++reads === 1) queue.add(pendingOf('b', 1))
        return read
      },
    })
    await queue.turn()
    expect(queue.begun).toEqual([['a 1'], ['b 1']])
    queue.end(0)
    queue.end(1)
    await judging
  })

  it('begins nothing more after a failure, and waits for what was begun', async () => {
    const queue = openQueue(pendingOf('a', 1), pendingOf('b', 1))
    let isOver = false
    const judging = judgeDue({
      ...queue.options,
      async judge(batch) {
        await queue.options.judge(batch)
        if (batch[0]?.event.registry === 'a') throw new Error('no space')
      },
    }).finally(() => (isOver = true))
    const failed = judging.catch((error: unknown) => error)
    await queue.turn()
    queue.end(0)
    queue.add(pendingOf('c', 1))
    await queue.turn()
    expect([isOver, queue.begun]).toEqual([false, [['a 1'], ['b 1']]])
    queue.end(1)
    expect(await failed).toEqual(new Error('no space'))
    expect(queue.begun).toHaveLength(2)
  })

  it('goes on with others beside a registry that hangs for longer than a run', async () => {
    const queue = openQueue(pendingOf('hung', 1), pendingOf('hung', 2))
    const judging = openJudging(queue.options)
    await judging.run({ ...queue.options, longestMs: 1 })
    queue.add(pendingOf('hung', 3), pendingOf('b', 1))
    await judging.run({ ...queue.options, longestMs: 1 })
    expect(queue.begun).toEqual([['hung 1', 'hung 2'], ['b 1']])
    let isIdle = false
    const idle = judging.idle().then(() => (isIdle = true))
    queue.end(1)
    await queue.turn()
    expect(isIdle).toBe(false)
    queue.end(0)
    await idle
    const last = judging.run(queue.options)
    await queue.turn()
    queue.end(2)
    await last
    expect(queue.begun.slice(2)).toEqual([['hung 3']])
  })

  it('goes on with others whatever waits for a registry that hangs', async () => {
    const queue = openQueue(...Array.from({ length: 5000 }, (_, number) => pendingOf('hung', number)))
    const judging = judgeDue(queue.options)
    await queue.turn()
    queue.add(pendingOf('b', 1), pendingOf('c', 1))
    await expect.poll(() => queue.begun.slice(1)).toEqual([['b 1'], ['c 1']])
    queue.end(1)
    queue.end(2)
    await queue.turn()
    expect(queue.waiting()).toHaveLength(5000)
    for (let batch = 0; queue.waiting().length > 0; batch = queue.begun.length - 1) {
      queue.end(batch)
      await queue.turn()
    }
    await judging
  })

  it('tells of what failed after a run', async () => {
    const queue = openQueue(pendingOf('a', 1))
    const judging = openJudging(queue.options)
    const { promise: disk, reject } = Promise.withResolvers<void>()
    await judging.run({ ...queue.options, judge: () => disk, longestMs: 1 })
    reject(new Error('no space'))
    await queue.turn()
    await expect(judging.run(queue.options)).rejects.toThrow('no space')
    expect(queue.begun).toEqual([])
  })

  it('leaves what is due when it is enough', async () => {
    const queue = openQueue(pendingOf('a', 1))
    await judgeDue({ ...queue.options, signal: AbortSignal.abort() })
    expect(queue.begun).toEqual([])
  })
})
