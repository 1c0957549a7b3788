import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startDeadline } from './start-deadline.ts'

describe('startDeadline', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('aborts when the time is up, and not before', () => {
    using deadline = startDeadline(1000)
    vi.advanceTimersByTime(999)
    expect(deadline.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  it('leaves no timer behind when it is disposed', () => {
    {
      using _ = startDeadline(60_000)
      expect(vi.getTimerCount()).toBe(1)
    }
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([2 ** 31, Number.POSITIVE_INFINITY])(
    'takes %d milliseconds for very long, not for none',
    (long) => {
      using deadline = startDeadline(long)
      vi.advanceTimersByTime(86_400_000)
      expect(deadline.signal.aborted).toBe(false)
    },
  )
})
