import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { followSignal, joinSignals } from './follow-signal.ts'

/** Waits for what is garbage to be gone. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate)
    gc()
  }
}

const reason = new Error('enough')

describe('followSignal', () => {
  it('aborts the follower for the same reason', () => {
    const source = new AbortController()
    const follower = new AbortController()
    followSignal(source.signal, follower)
    source.abort(reason)
    expect(follower.signal.reason).toBe(reason)
  })

  it('aborts the follower at once where it is too late', () => {
    const follower = new AbortController()
    followSignal(AbortSignal.abort(reason), follower)
    expect(follower.signal.reason).toBe(reason)
  })

  it('aborts nothing that has left, and leaves no listener', () => {
    const source = new AbortController()
    const followers = Array.from({ length: 3 }, () => new AbortController())
    const leave = followers.map((each) => followSignal(source.signal, each))
    leave[1]!()
    leave[1]!()
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(2)
    source.abort(reason)
    expect(followers.map(({ signal }) => signal.aborted)).toEqual([true, false, true])
  })

  it('follows nothing where there is no signal', () => {
    const follower = new AbortController()
    followSignal(undefined, follower)()
    expect(follower.signal.aborted).toBe(false)
  })
})

describe('joinSignals', () => {
  it.each([0, 1])('ends with number %i of its signals', (which) => {
    const sources = [new AbortController(), new AbortController()]
    using joined = joinSignals([undefined, ...sources.map(({ signal }) => signal)])
    expect(joined.signal.aborted).toBe(false)
    sources[which]!.abort(reason)
    expect(joined.signal.reason).toBe(reason)
  })

  it('has the reason of the first that was aborted before', () => {
    using joined = joinSignals([new AbortController().signal, AbortSignal.abort(reason), AbortSignal.abort()])
    expect(joined.signal.reason).toBe(reason)
  })

  it('holds nothing once it is disposed of, while its signals live and listeners were left behind', async () => {
    const source = new AbortController()
    const joined = Array.from({ length: 100 }, () => {
      using each = joinSignals([source.signal, new AbortController().signal])
      const { signal } = each
      // `AbortSignal.any` would keep it for this listener.
      signal.addEventListener('abort', () => signal.reason)
      return new WeakRef(signal)
    })
    await collect()
    expect(joined.filter((each) => each.deref() !== undefined)).toEqual([])
    expect(getEventListeners(source.signal, 'abort')).toEqual([])
  })
})
