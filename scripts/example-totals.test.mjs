import { describe, expect, it } from 'vitest'
import { countExamples, isComplete } from './example-totals.mjs'

const passed = { ok: true, stdout: 'a line\n' }
const partly = { ok: true, stdout: 'a line\nnot run: drift-check: it takes root\nnot run: scans: no trivy\n' }
const failed = { ok: false, stdout: 'not run: drift-check: it takes root\nAssertionError\n' }

describe('countExamples', () => {
  it('counts what was left out as skipped, and says what', () => {
    expect(countExamples([passed, partly])).toEqual({
      passed: 2,
      failed: 0,
      skipped: ['drift-check: it takes root', 'scans: no trivy'],
    })
    expect(countExamples([passed, failed])).toMatchObject({ passed: 1, failed: 1 })
  })
})

describe('isComplete', () => {
  it.each([
    ['all that passed', [passed], false, true],
    ['none', [], false, false],
    ['one that failed', [passed, failed], false, false],
    ['a part that was left out', [partly], false, true],
    ['a part that was left out where all has to run', [partly], true, false],
  ])('%s', (_, results, isAllRequired, expected) => {
    expect(isComplete(countExamples(results), { isAllRequired })).toBe(expected)
  })
})
