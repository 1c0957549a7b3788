import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createHostLimiter, type HostLane, type HostLimiter } from './host-limiter.ts'

/** A clock that stands still, and waits that end when the test says so. */
function standingTime() {
  let now = 0
  const waiting: { readonly until: number; readonly wake: () => void }[] = []
  return {
    clock: { now: () => new Date(now) },
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal?.throwIfAborted()
        waiting.push({ until: now + milliseconds, wake: resolve })
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      }),
    goBack(milliseconds: number): void {
      now -= milliseconds
    },
    async pass(milliseconds: number): Promise<void> {
      now += milliseconds
      for (const { until, wake } of waiting.splice(0)) {
        if (until <= now) wake()
        else waiting.push({ until, wake })
      }
      await settled()
    },
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Asks for places; `granted` has the lanes that got one, in order. */
function ask(limiter: HostLimiter) {
  const granted: string[] = []
  const releases: (() => void)[] = []
  return {
    granted,
    releases,
    async take(lane: HostLane, times = 1, host = 'r.example', signal?: AbortSignal): Promise<void> {
      for (let time = 0; time < times; time++) {
        limiter
          .acquire(host, lane, signal)
          .then((release) => granted.push(lane) + releases.push(release))
          .catch(() => granted.push('aborted'))
      }
      await settled()
    },
  }
}

describe('createHostLimiter', () => {
  it.each([
    ['small', 16],
    ['chunk', 15],
    ['read', 12],
    ['stream', 8],
  ] as const)('lets %s requests take %i places of 16', async (lane, most) => {
    const places = ask(createHostLimiter())
    await places.take(lane, 30)
    expect(places.granted).toHaveLength(most)
    places.releases[0]?.()
    places.releases[0]?.()
    await settled()
    expect(places.granted).toHaveLength(most + 1)
  })

  it('keeps places for small requests when blobs are waiting', async () => {
    const places = ask(createHostLimiter())
    await places.take('stream', 20)
    await places.take('read', 20)
    await places.take('small', 4)
    expect(places.granted.filter((lane) => lane === 'stream')).toHaveLength(8)
    expect(places.granted.filter((lane) => lane === 'read')).toHaveLength(4)
    expect(places.granted.filter((lane) => lane === 'small')).toHaveLength(4)
  })

  it('serves a small request before blobs that came earlier', async () => {
    const places = ask(createHostLimiter({ requests: 4, blobs: 2 }))
    await places.take('small', 4)
    await places.take('read')
    await places.take('small')
    places.releases[0]?.()
    await settled()
    expect(places.granted).toEqual(['small', 'small', 'small', 'small', 'small'])
  })

  it.each([
    [
      { requests: 1, blobs: 1 },
      { small: 4, chunk: 3, read: 2, stream: 1 },
    ],
    [
      { requests: 8, blobs: 100 },
      { small: 8, chunk: 7, read: 6, stream: 4 },
    ],
    [{ requests: 32 }, { small: 32, chunk: 31, read: 24, stream: 16 }],
  ])('keeps the order of the lanes with %j', async (options, expected) => {
    for (const [lane, most] of Object.entries(expected)) {
      const places = ask(createHostLimiter(options))
      await places.take(lane as HostLane, 50)
      expect(places.granted).toHaveLength(most)
    }
  })

  it('counts hosts apart', async () => {
    const places = ask(createHostLimiter({ requests: 4 }))
    await places.take('small', 9, 'one.example')
    await places.take('small', 9, 'two.example')
    expect(places.granted).toHaveLength(8)
  })

  it('lets a request that is no longer wanted go', async () => {
    const places = ask(createHostLimiter({ requests: 4 }))
    const abort = new AbortController()
    await places.take('small', 4)
    await places.take('small', 1, 'r.example', abort.signal)
    abort.abort()
    await settled()
    expect(places.granted.at(-1)).toBe('aborted')
    await places.take('small')
    places.releases[0]?.()
    await settled()
    expect(places.granted.at(-1)).toBe('small')
  })

  it('rejects with the reason of the signal', async () => {
    const limiter = createHostLimiter()
    const reason = new Error('enough')
    await expect(limiter.acquire('r.example', 'small', AbortSignal.abort(reason))).rejects.toBe(reason)
  })

  it('sends nothing to a host that is paused, and all to the others', async () => {
    const time = standingTime()
    const limiter = createHostLimiter(time)
    const places = ask(limiter)
    limiter.pause('r.example', 5000)
    await places.take('small', 3)
    await places.take('read', 1, 'other.example')
    expect(places.granted).toEqual(['read'])
    await time.pass(4999)
    expect(places.granted).toEqual(['read'])
    await time.pass(1)
    expect(places.granted).toHaveLength(4)
  })

  it('keeps the longest of several pauses, and ends one early for who has waited', async () => {
    const time = standingTime()
    const limiter = createHostLimiter(time)
    const places = ask(limiter)
    const resumeLong = limiter.pause('r.example', 5000)
    const resumeShort = limiter.pause('r.example', 1000)
    await places.take('small')
    resumeShort()
    await settled()
    expect(places.granted).toEqual([])
    resumeLong()
    await settled()
    expect(places.granted).toEqual(['small'])
  })

  it('spreads requests when a rate is given', async () => {
    const time = standingTime()
    const places = ask(createHostLimiter({ requestsPerSecond: 4, ...time }))
    await places.take('small', 4)
    const counts = [places.granted.length]
    for (let tick = 0; tick < 3; tick++) {
      await time.pass(250)
      counts.push(places.granted.length)
    }
    expect(counts).toEqual([1, 2, 3, 4])
  })

  it('keeps the bounds of a host when a pause is ended that was over long ago', async () => {
    const time = standingTime()
    const limiter = createHostLimiter({ requests: 4, ...time })
    const places = ask(limiter)
    const resume = limiter.pause('r.example', 100)
    await time.pass(100)
    await places.take('small')
    places.releases.pop()?.()
    await places.take('small', 4)
    resume()
    await places.take('small', 4)
    expect(places.granted).toHaveLength(5)
  })

  it.each([
    ['a pause', {}],
    ['a rate', { requestsPerSecond: 1 }],
  ])('does not make more of %s when the clock goes back', async (_, options) => {
    const time = standingTime()
    const limiter = createHostLimiter({ ...options, ...time })
    const places = ask(limiter)
    limiter.pause('r.example', 1000)
    await places.take('small')
    await time.pass(1000)
    limiter.pause('r.example', 1000)
    time.goBack(60 * 60_000)
    await places.take('small')
    await time.pass(1000)
    expect(places.granted).toEqual(['small', 'small'])
  })

  it('does not grow with ever new hosts', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const time = standingTime()
    const limiter = createHostLimiter({ requestsPerSecond: 1000, ...time })
    const used = async (from: number): Promise<number> => {
      for (let at = from; at < from + 50_000; at++) {
        ;(await limiter.acquire(`${at}.example`, 'small'))()
        if (at % 100 === 0) await time.pass(1)
      }
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    const before = await used(0)
    expect((await used(50_000)) - before).toBeLessThan(5_000_000)
  })
})
