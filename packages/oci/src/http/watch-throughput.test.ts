import { describe, expect, it, vi } from 'vitest'
import { watchThroughput } from './watch-throughput.ts'

/** Chunks of a length, each after a wait on a clock that the test moves. */
function chunksAfter(waitMs: number, bytes: number, count: number) {
  let returned = false
  return {
    wasReturned: () => returned,
    async *[Symbol.asyncIterator]() {
      try {
        for (let at = 0; at < count; at++) {
          if (waitMs > 0) vi.advanceTimersByTime(waitMs)
          yield new Uint8Array(bytes)
        }
      } finally {
        returned = true
      }
    },
  }
}

async function readWith(body: AsyncIterable<Uint8Array>, consumerMs = 0): Promise<number | string> {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] })
  try {
    let received = 0
    for await (const chunk of watchThroughput(body, { windowMs: 60_000 })) {
      received += chunk.byteLength
      vi.advanceTimersByTime(consumerMs)
    }
    return received
  } catch (error) {
    return (error as Error).name
  } finally {
    vi.useRealTimers()
  }
}

describe('watchThroughput', () => {
  it.each([
    ['a byte every second', 1000, 1, 1000, 'TimeoutError'],
    ['a byte every 50 seconds', 50_000, 1, 10, 'TimeoutError'],
    ['less than 1 KiB a second', 1000, 1023, 1000, 'TimeoutError'],
    ['just 1 KiB a second', 1000, 1024, 1000, 1_024_000],
    ['a long pause in a fast body', 50_000, 1_000_000, 10, 10_000_000],
    ['a short body', 10_000, 1, 3, 3],
  ])('%s', async (_, waitMs, bytes, count, expected) => {
    expect(await readWith(chunksAfter(waitMs, bytes, count))).toBe(expected)
  })

  it('does not count the time of who reads', async () => {
    expect(await readWith(chunksAfter(0, 1, 100), 60_000)).toBe(100)
  })

  it('closes the body when it is given up, by itself and by who reads', async () => {
    const slow = chunksAfter(50_000, 1, 10)
    await readWith(slow)
    expect(slow.wasReturned()).toBe(true)
    const left = chunksAfter(0, 1, 10)
    for await (const _ of watchThroughput(left, { windowMs: 1 })) break
    expect(left.wasReturned()).toBe(true)
  })
})
