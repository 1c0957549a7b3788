import { describe, expect, it } from 'vitest'
import { createWarningReporter, parseWarnings } from './warnings.ts'

describe('parseWarnings', () => {
  it.each([
    [['299 - "the end is near"'], ['the end is near']],
    [['299 - "say \\"hi\\""'], ['say "hi"']],
    [['299 - "one, two", 299 - "three"'], ['one, two', 'three']],
    [['199 - "other code"', '299 "no agent"', '', '299 - unquoted'], []],
    [['299 - "red\u001b[31m"'], ['red [31m']],
    [['299 - "unfinished'], []],
  ])('reads %j', (fields, expected) => {
    expect(parseWarnings(fields)).toEqual(expected)
  })

  it('shortens a long text', () => {
    expect(parseWarnings([`299 - "${'a'.repeat(5000)}"`])[0]?.length).toBeLessThan(310)
  })
})

describe('createWarningReporter', () => {
  it('reports each text of a host once, whatever the listener throws', () => {
    const seen: string[] = []
    const reporter = createWarningReporter(({ host, text }) => {
      seen.push(`${host} ${text}`)
      throw new Error('listener')
    })
    for (const host of ['a.example', 'b.example', 'a.example']) reporter.report(host, ['299 - "x"'])
    expect(seen).toEqual(['a.example x', 'b.example x'])
  })

  it('stops at a hundred texts of a host, and hears the others', () => {
    const seen: string[] = []
    const reporter = createWarningReporter(({ host }) => seen.push(host))
    for (let at = 0; at < 2000; at++) reporter.report('a.example', [`299 - "${at}"`])
    expect(seen).toHaveLength(100)
    reporter.report('b.example', ['299 - "x"'])
    expect(seen.at(-1)).toBe('b.example')
  })

  it('forgets hosts beyond a thousand', () => {
    let count = 0
    const reporter = createWarningReporter(() => count++)
    for (let at = 0; at <= 1000; at++) reporter.report(`${at}.example`, ['299 - "x"'])
    reporter.report('0.example', ['299 - "x"'])
    reporter.report('1000.example', ['299 - "x"'])
    expect(count).toBe(1002)
  })
})
