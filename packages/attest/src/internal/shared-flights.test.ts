import { describe, expect, it } from 'vitest'
import { createSharedFlights } from './shared-flights.ts'

function createOperation() {
  const { promise, resolve } = Promise.withResolvers<string>()
  const signals: AbortSignal[] = []
  const operation = (signal: AbortSignal): Promise<string> => {
    signals.push(signal)
    return promise
  }
  return { operation, signals, resolve }
}

describe('createSharedFlights', () => {
  it('runs one operation for all who ask at the same time, and another afterwards', async () => {
    const flights = createSharedFlights<string>()
    const { operation, signals, resolve } = createOperation()
    const both = [flights.join('a', operation, undefined), flights.join('a', operation, undefined)]
    resolve('done')
    expect(await Promise.all(both)).toEqual(['done', 'done'])
    expect(signals).toHaveLength(1)
    await flights.join('a', operation, undefined)
    expect(signals).toHaveLength(2)
  })

  it('ends for one who gives up, and goes on for the others', async () => {
    const flights = createSharedFlights<string>()
    const { operation, signals, resolve } = createOperation()
    const stop = new AbortController()
    const left = flights.join('a', operation, stop.signal)
    const stayed = flights.join('a', operation, undefined)
    stop.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    expect(signals[0]?.aborted).toBe(false)
    resolve('done')
    expect(await stayed).toBe('done')
  })

  it('aborts the operation when nobody waits, and starts anew for the next', async () => {
    const flights = createSharedFlights<string>()
    const { operation, signals } = createOperation()
    const stop = new AbortController()
    const left = flights.join('a', operation, stop.signal)
    stop.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    expect(signals[0]?.aborted).toBe(true)
    const next = createOperation()
    next.resolve('new')
    expect(await flights.join('a', next.operation, undefined)).toBe('new')
  })
})
