import { describe, expect, it } from 'vitest'
import { createKeyedMutex } from './keyed-mutex.ts'

describe('createKeyedMutex', () => {
  it('runs one at a time, in order, whatever becomes of the one before', async () => {
    const mutex = createKeyedMutex()
    const events: string[] = []
    const step = (name: string, fails = false) =>
      mutex.run('key', async () => {
        events.push(`${name} begins`)
        await new Promise(setImmediate)
        events.push(`${name} ends`)
        if (fails) throw new Error(name)
        return name
      })
    const outcomes = await Promise.allSettled([step('one', true), step('two'), step('three')])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(events).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]))
  })

  it('lets who no longer wants a turn go, and the next one wait for the one before', async () => {
    const mutex = createKeyedMutex()
    const first = Promise.withResolvers<void>()
    const abort = new AbortController()
    const events: string[] = []
    const one = mutex.run('key', () => first.promise.then(() => void events.push('one')))
    const two = mutex.run('key', async () => void events.push('two'), abort.signal)
    const three = mutex.run('key', async () => void events.push('three'))
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(two).rejects.toBe(reason)
    expect(events).toEqual([])
    first.resolve()
    await Promise.all([one, three])
    expect(events).toEqual(['one', 'three'])
  })
})
