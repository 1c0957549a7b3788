import { describe, expect, it } from 'vitest'
import { runConcurrently } from './run-concurrently.ts'

describe('runConcurrently', () => {
  it('works on every item, at most as many at a time as allowed', async () => {
    let running = 0
    let most = 0
    const done: number[] = []
    await runConcurrently([1, 2, 3, 4, 5], 2, undefined, async (item) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      done.push(item)
    })
    expect(done.toSorted()).toEqual([1, 2, 3, 4, 5])
    expect(most).toBe(2)
  })

  it('rejects with the first failure, begins nothing more, and waits for what runs', async () => {
    const seen: string[] = []
    const running = runConcurrently(['bad', 'slow', 'never'], 2, undefined, async (item, signal) => {
      seen.push(item)
      if (item === 'bad') throw new Error('first')
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      seen.push('slow ended')
    })
    await expect(running).rejects.toThrow('first')
    expect(seen).toEqual(['bad', 'slow', 'slow ended'])
  })

  it('rejects with the reason of an abort', async () => {
    const controller = new AbortController()
    const running = runConcurrently([1, 2], 1, controller.signal, async () =>
      controller.abort(new Error('stop')),
    )
    await expect(running).rejects.toThrow('stop')
  })
})
