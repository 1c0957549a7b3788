import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGoDuration, reviewBudget } from './review-budget.ts'

describe('parseGoDuration', () => {
  it.each([
    ['10s', 10_000],
    ['30s', 30_000],
    ['1m0s', 60_000],
    ['1m0.5s', 60_500],
    ['500ms', 500],
    ['1h2m3.5s', 3_723_500],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['0s', 0],
    ['', undefined],
    ['10', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['1s ', undefined],
    ['1d', undefined],
    ['1.s', undefined],
    ['1e3s', undefined],
    [`${'9'.repeat(50)}s`, undefined],
  ])('reads %j as %j', (text, expected) => {
    expect(parseGoDuration(text)).toBe(expected)
  })
})

describe('reviewBudget', () => {
  const options = { defaultTimeoutMs: 10_000, reserveMs: 500 }

  it.each([
    ['10s', 9_500],
    ['30s', 29_500],
    [undefined, 9_500],
    ['nonsense', 9_500],
    ['0s', 9_500],
    // A third of it is the most that is kept.
    ['1s', 1_000 - 1_000 / 3],
    // Kubernetes allows 30 seconds.
    ['1h0m0s', 29_500],
  ])('judges within the timeout %j', (timeout, judgeMs) => {
    expect(reviewBudget({ ...options, timeout }).judgeMs).toBe(judgeMs)
  })

  it.each([
    // What a busy machine makes late is kept twice: before a review is seen, and before its answer leaves.
    ['10s', 100, 9_300],
    ['1s', 100, 1_000 - 1_000 / 3 - 200],
    // Some time for judging is left in any case.
    ['1s', 5_000, 1_000 / 3],
  ])('judges within the timeout %j on a machine that is %i ms late', (timeout, latenessMs, judgeMs) => {
    expect(reviewBudget({ ...options, timeout, latenessMs }).judgeMs).toBeCloseTo(judgeMs)
  })

  it('answers after judging and before the API server gives up, whatever it is told', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30_000 }),
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 0, max: 60_000 }),
        (waited, reserveMs, latenessMs) => {
          const timeout = `${waited}ms`
          const { judgeMs, answerMs } = reviewBudget({ ...options, timeout, reserveMs, latenessMs })
          expect(judgeMs).toBeGreaterThan(0)
          expect(answerMs).toBeGreaterThanOrEqual(judgeMs)
          expect(answerMs).toBeLessThanOrEqual(waited)
        },
      ),
    )
  })
})
