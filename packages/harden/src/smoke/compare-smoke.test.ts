import { describe, expect, it } from 'vitest'
import { compareSmoke, normalizeOutput } from './compare-smoke.ts'
import type { SmokeResult } from './smoke-test.ts'

const result = (change: Partial<SmokeResult> = {}): SmokeResult => ({
  status: 'passed',
  exitCode: 0,
  stdout: 'one\ntwo\n',
  stderr: '',
  answers: [{ request: 'http://127.0.0.1:80/', status: 200, body: 'hello' }],
  ...change,
})

describe('compareSmoke', () => {
  it.each([
    ['the same', {}],
    ['other times, addresses and process numbers', { stdout: 'one\ntwo  \n' }],
    ['another stderr', { stderr: 'warning' }],
  ])('takes %s as the same', (_, change) => {
    expect(compareSmoke(result(), result(change))).toEqual({ same: true, differences: [] })
  })

  it.each([
    ['another line', { stdout: 'one\nthree\n' }, 'stdout: line 2 was "two", now "three"'],
    ['a missing line', { stdout: 'one' }, 'stdout: line 2 was "two", now missing'],
    ['another exit code', { status: 'failed', exitCode: 1 }, 'ended with passed (0) before, failed (1) now'],
    [
      'another answer',
      { answers: [{ request: 'x', status: 500, body: '' }] },
      'http://127.0.0.1:80/: line 1 was "200", now "500"',
    ],
    ['no answer', { answers: [] }, 'http://127.0.0.1:80/: line 1 was "200", now ""'],
  ] as const)('tells of %s', (_, change, difference) => {
    expect(compareSmoke(result(), result(change))).toEqual({ same: false, differences: [difference] })
  })

  it('proves nothing by a run that failed before as well', () => {
    const failed = result({ status: 'failed', exitCode: 1 })
    expect(compareSmoke(failed, failed).same).toBe(false)
  })

  it('compares stderr when asked to', () => {
    expect(compareSmoke(result(), result({ stderr: 'x' }), { streams: ['stderr'] }).same).toBe(false)
  })
})

describe('normalizeOutput', () => {
  it.each([
    ['2026/11/26 13:04:27 [notice] 12#12: done', '<time> [notice] 12#12: done'],
    ['at 2026-11-26T13:04:27.123Z, took 12.5 ms', 'at <time>, took <duration>'],
    ['Date: Thu, 26 Nov 2026 13:04:27 GMT', 'Date: <time>'],
    ['12:C 26 Nov 2026 13:04:27.123 * Ready', '12:C <time> * Ready'],
    ['pid=4711 at 0x7f901364a000', 'pid=<pid> at <address>'],
    ['id 123e4567-e89b-12d3-a456-426614174000 \t\r', 'id <uuid>'],
    ['version 1.2.3, 70 modules', 'version 1.2.3, 70 modules'],
  ])('makes %j %j', (text, expected) => {
    expect(normalizeOutput(text)).toBe(expected)
  })
})
