import { describe, expect, it } from 'vitest'
import { createSharedFlights } from './shared-flights.ts'

/** Operations that end when the test says so. */
function operations() {
  const started: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<string> }[] = []
  return {
    started,
    run: (signal: AbortSignal): Promise<string> => {
      const end = Promise.withResolvers<string>()
      started.push({ signal, end })
      return end.promise
    },
  }
}

describe('createSharedFlights', () => {
  it('runs one operation for all who ask at the same time, and another one later', async () => {
    const flights = createSharedFlights<string>()
    const { started, run } = operations()
    const asked = [1, 2, 3].map(() => flights.join('key', run, undefined))
    const other = flights.join('other key', run, undefined)
    expect(started).toHaveLength(2)
    started[0]?.end.resolve('one')
    started[1]?.end.resolve('two')
    expect(await Promise.all([...asked, other])).toEqual(['one', 'one', 'one', 'two'])
    void flights.join('key', run, undefined)
    expect(started).toHaveLength(3)
  })

  it('goes on for the others when the first to ask leaves', async () => {
    const flights = createSharedFlights<string>()
    const { started, run } = operations()
    const abort = new AbortController()
    const first = flights.join('key', run, abort.signal)
    const second = flights.join('key', run, new AbortController().signal)
    const reason = new Error('left')
    abort.abort(reason)
    await expect(first).rejects.toBe(reason)
    expect(started[0]?.signal.aborted).toBe(false)
    started[0]?.end.resolve('done')
    expect(await second).toBe('done')
  })

  it('stops the operation when nobody waits any more, and starts anew for who asks then', async () => {
    const flights = createSharedFlights<string>()
    const { started, run } = operations()
    const abort = new AbortController()
    const only = flights.join('key', run, abort.signal)
    abort.abort(new Error('left'))
    await expect(only).rejects.toThrow('left')
    expect(started[0]?.signal.aborted).toBe(true)
    const next = flights.join('key', run, undefined)
    started[0]?.end.reject(new Error('stopped'))
    started[1]?.end.resolve('fresh')
    expect(await next).toBe('fresh')
  })

  it('fails for all when the operation fails, and tries again for who asks later', async () => {
    const flights = createSharedFlights<string>()
    const { started, run } = operations()
    const asked = [1, 2].map(() => flights.join('key', run, undefined).catch((error: Error) => error.message))
    started[0]?.end.reject(new Error('refused'))
    expect(await Promise.all(asked)).toEqual(['refused', 'refused'])
    const again = flights.join('key', run, undefined)
    started[1]?.end.resolve('now')
    expect(await again).toBe('now')
  })

  it('starts nothing for who has left already', async () => {
    const { started, run } = operations()
    const reason = new Error('left')
    await expect(createSharedFlights<string>().join('key', run, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    )
    expect(started).toHaveLength(0)
  })
})
