import { stripVTControlCharacters } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paint } from './format.ts'
import { wrapLines } from './wrap-lines.ts'

const digest = `sha256:${'0'.repeat(64)}`
const reference = 'registry.example/team/app:1.4'

describe('wrapLines', () => {
  it.each([
    ['what fits stays', 80, `yes  by key\n\n  as  root`, `yes  by key\n\n  as  root`],
    [
      'a digest goes to a line of its own',
      80,
      `pass  ${reference}  ${digest}`,
      `pass  ${reference}\n  ${digest}`,
    ],
    ['a wide terminal is used', 120, `pass  ${reference}  ${digest}`, `pass  ${reference}  ${digest}`],
    [
      'columns that fit stay aligned',
      80,
      `  sig    referrers-api  ${digest}`,
      `  sig    referrers-api\n    ${digest}`,
    ],
    [
      'what is longer than the terminal is left to it, at its edge',
      60,
      `    1 kB  ${digest}`,
      `    1 kB\n${digest}`,
    ],
    ['what fits only without its indent gets less of it', 73, `    1 kB  ${digest}`, `    1 kB\n  ${digest}`],
    ['a long first word keeps its line', 60, `         ${digest}  1 kB`, `${digest}\n${' '.repeat(11)}1 kB`],
    ['a command can be copied', 20, '  sallyport quarantine show 3f2a', '  sallyport quarantine show 3f2a'],
    ['sentences break between words', 20, 'one two three four five six', 'one two three four\n  five six'],
  ])('%s', (_, columns, text, wrapped) => {
    expect(wrapLines(text, columns)).toBe(wrapped)
  })

  it('counts no colours', () => {
    const line = `${paint(true, 'green', 'pass')}  ${'x'.repeat(14)}`
    expect(wrapLines(line, 20)).toBe(line)
    expect(wrapLines(`${line} y`, 20)).toBe(`${line}\n  y`)
  })

  it('keeps every word whole and in its place', () => {
    const word = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'é', ':', '/', '…') })
    const space = fc.constantFrom(' ', '  ', '       ')
    const line = fc
      .tuple(fc.nat(12), fc.array(fc.tuple(word, space), { maxLength: 12 }))
      .map(([indent, parts]) => (' '.repeat(indent) + parts.flat().join('')).trimEnd())
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (lines, columns) => {
        const text = lines.join('\n')
        const wrapped = wrapLines(text, columns)
        expect(wrapped.trim().split(/\s+/)).toEqual(text.trim().split(/\s+/))
        for (const each of wrapped.split('\n')) {
          expect(each).toBe(each.trimEnd())
          if ([...stripVTControlCharacters(each)].length > columns) expect(each.trim()).not.toMatch(/\s/)
        }
      }),
    )
  })
})
