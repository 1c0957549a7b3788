import { describe, expect, it } from 'vitest'
import { createBlobQueue } from './blob-queue.ts'

const mebibyte = 1024 * 1024

/** Queues transfers of the given sizes that end when told to. */
function queueAll(
  concurrency: number,
  sizes: readonly number[],
): { running: number[]; end(size: number): void } {
  const queue = createBlobQueue(concurrency)
  const running: number[] = []
  const ends = new Map<number, () => void>()
  for (const size of sizes) {
    void queue.run(size, async () => {
      running.push(size)
      await new Promise<void>((resolve) => ends.set(size, resolve))
    })
  }
  return { running, end: (size) => ends.get(size)?.() }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('createBlobQueue', () => {
  it('begins with the largest, and goes on with the next when one ends', async () => {
    const sizes = [3, 9, 5, 7].map((size) => size * mebibyte)
    const { running, end } = queueAll(2, sizes)
    await turns()
    expect(running).toEqual([9 * mebibyte, 7 * mebibyte])
    end(7 * mebibyte)
    await turns()
    expect(running.slice(2)).toEqual([5 * mebibyte])
  })

  it('lets small blobs pass large ones, two for each', async () => {
    const { running } = queueAll(1, [5 * mebibyte, 6 * mebibyte, 1, 2, 3, 4, 5])
    await turns()
    expect(running.toSorted((a, b) => a - b)).toEqual([4, 5, 6 * mebibyte])
  })

  it('gives the turn of a transfer that fails to the next', async () => {
    const queue = createBlobQueue(1)
    const failed = queue.run(2 * mebibyte, async () => {
      throw new Error('cut')
    })
    const next = queue.run(2 * mebibyte, async () => 'done')
    await expect(failed).rejects.toThrow('cut')
    expect(await next).toBe('done')
  })
})
