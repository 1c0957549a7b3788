import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStanzas } from './parse-stanzas.ts'

const parse = (text: string) => [...parseStanzas(text)]

describe('parseStanzas', () => {
  it('keeps the exact text of each stanza, and joins continuations', () => {
    const first = 'Package: a\nDescription: short\n long\n .\n\tmore'
    const second = 'package: b\nVersion:1'
    const found = parse(`\n\n${first}\n\n\n${second}\n`)
    expect(found.map(({ text, line, problem }) => [text, line, problem])).toEqual([
      [first, 3, undefined],
      [second, 10, undefined],
    ])
    expect(found[0]!.fields.get('description')).toBe('short\nlong\n.\nmore')
    expect(found[1]!.fields.get('version')).toBe('1')
  })

  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/)
  const value = fc.stringMatching(/^[!-~]([ -~]{0,12}[!-~])?$/)
  const stanza = fc
    .uniqueArray(fc.tuple(name, value, fc.array(value, { maxLength: 3 })), {
      minLength: 1,
      maxLength: 5,
      selector: ([key]) => key.toLowerCase(),
    })
    .map((fields) => ({
      fields,
      text: fields
        .map(([key, first, more]) => [`${key}: ${first}`, ...more.map((line) => ` ${line}`)].join('\n'))
        .join('\n'),
    }))

  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(stanza, { maxLength: 4 }), fc.integer({ min: 2, max: 4 }), (stanzas, gap) => {
        const found = parse(stanzas.map(({ text }) => text).join('\n'.repeat(gap)))
        expect(found.map(({ text }) => text)).toEqual(stanzas.map(({ text }) => text))
        expect(found.map(({ problem }) => problem)).toEqual(stanzas.map(() => undefined))
        expect(found.map(({ fields }) => [...fields])).toEqual(
          stanzas.map(({ fields }) =>
            fields.map(([key, first, more]) => [key.toLowerCase(), [first, ...more].join('\n')]),
          ),
        )
      }),
    )
  })

  it('loses no line of any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a: b', ' c', '', ' ', 'x', '\t', '#', 'a: d', '\r', '-a: b')),
        (lines) => {
          const kept = parse(lines.join('\n')).flatMap(({ text }) => text.split('\n'))
          expect(kept.filter((line) => line.trim() !== '')).toEqual(
            lines.filter((line) => line.trim() !== ''),
          )
        },
      ),
    )
  })

  it.each([
    ['a line that is no field', 'Package: a\nnonsense', 'line 2: not a field'],
    ['a continuation before any field', ' x\nPackage: a', 'line 1: a continuation without a field'],
    ['a second field of one name', 'Package: a\npackage: b', 'line 2: a second field "package"'],
    ['a line of blanks inside', 'Package: a\n \nVersion: 1', 'line 2: a blank line inside a stanza'],
    ['a comment', '# x\nPackage: a', 'line 1: not a field'],
  ])('tells %s, and still reads the rest', (_title, text, problem) => {
    const found = parse(`${text}\n\nPackage: z\n`)
    expect(found[0]!.problem).toBe(problem)
    expect(found[0]!.fields.get('package')).toBe('a')
    expect(found[1]).toMatchObject({ text: 'Package: z', problem: undefined })
  })
})
