import type { Package } from '@sallyport/inventory'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRichDependency, type RichDependency } from './parse-rich-dependency.ts'
import { resolveDependency } from './resolve-dependency.ts'

/** The names in the clauses of a dependency, where packages `a`, `b` and `ab`, which provides both, are there. */
function clausesOf(text: string, present: readonly string[] = ['a', 'b', 'ab']): readonly string[] {
  const packages = present.map((name) => ({ name }) as Package)
  const clauses = resolveDependency(parseRichDependency(text), ({ name }) =>
    packages.filter((found) => (found.name === 'ab' ? ['a', 'b'].includes(name) : found.name === name)),
  )
  return clauses.map((clause) => clause.map(({ name }) => name).join('|'))
}

describe('parseRichDependency and resolveDependency', () => {
  it.each<[string, string, readonly string[]]>([
    ['both sides of "and"', '(a and c)', ['a|ab', '']],
    ['either side of "or"', '(a or c)', ['a|ab']],
    ['a chain', '(a or b or c)', ['a|ab|b']],
    ['what meets both for "with"', '(a with b)', ['ab']],
    ['what does not meet the other for "without"', '(a without b)', ['a']],
    ['the first where the condition is there', '(a if b)', ['a|ab']],
    ['nothing where the condition is not there', '(a if c)', []],
    ['nothing for "if" with "else" whose condition may not leave', '(c if d else a)', ['a|ab']],
    ['the condition too where there is an "else"', '(a if b else c)', ['a|ab', 'b|ab']],
    ['the first and the absence of the other for "unless"', '(a unless c)', ['a|ab']],
    ['what can not be met for "unless" with what is there', '(a unless b)', ['a|ab', '']],
    [
      'names with brackets and versions',
      '((a >= 1:2-3 and libc.so.6(GLIBC_2.4)(64bit)) or b)',
      ['a|ab|b', 'b|ab'],
    ],
    ['groups in groups', '((a and b) if (c or d))', []],
  ])('asks for %s', (_title, text, expected) => {
    expect(clausesOf(text)).toEqual(expected)
  })

  it.each([
    'a',
    '(a',
    '(a and)',
    '(a and b or c)',
    '(a if b if c)',
    '(a xor b)',
    '(a and b) c',
    '(a >> 1 and b)',
    '()',
    `${'('.repeat(100)}a${')'.repeat(100)}`,
    '(a with (b and c)',
  ])('refuses %s', (text) => {
    expect(() => parseRichDependency(text)).toThrow(SyntaxError)
  })

  it('refuses "with" of what one package can not satisfy', () => {
    expect(() => clausesOf('(a with (b and c))')).toThrow(SyntaxError)
  })

  it('reads any text without hanging, and throws SyntaxError alone', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[()ab <=andorifelse]{0,60}$/), (text) => {
        try {
          parseRichDependency(text)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
    )
  })

  const names = ['a', 'b', 'c', 'd', 'e']
  const formula: fc.Arbitrary<string> = fc.letrec<{
    any: string
    name: string
    group: string
    choice: string
  }>((tie) => ({
    name: fc.constantFrom(...names),
    group: fc
      .tuple(tie('any'), fc.constantFrom('and', 'or', 'if', 'unless'), tie('any'))
      .map((parts) => `(${parts.join(' ')})`),
    choice: fc
      .tuple(tie('any'), fc.constantFrom('if', 'unless'), tie('any'), tie('any'))
      .map(([then, word, condition, otherwise]) => `(${then} ${word} ${condition} else ${otherwise})`),
    any: fc.oneof({ maxDepth: 3 }, tie('name'), tie('group'), tie('choice')),
  })).group

  it('keeps what is satisfied so, whichever packages leave that no clause needs', () => {
    fc.assert(
      fc.property(formula, fc.subarray(names), fc.subarray(names), (text, present, leaving) => {
        const dependency = parseRichDependency(text)
        const before = new Set(present)
        fc.pre(holds(dependency, before))
        const clauses = clausesOf(text, present)
        const after = new Set(present.filter((name) => !leaving.includes(name)))
        fc.pre(clauses.every((clause) => clause.split('|').some((name) => after.has(name))))
        expect(holds(dependency, after)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('has a clause that nothing meets exactly where it is not satisfied', () => {
    fc.assert(
      fc.property(formula, fc.subarray(names), (text, present) => {
        const isOpen = clausesOf(text, present).includes('')
        expect(isOpen).toBe(!holds(parseRichDependency(text), new Set(present)))
      }),
      { numRuns: 500 },
    )
  })
})

function holds(dependency: RichDependency, present: ReadonlySet<string>): boolean {
  switch (dependency.type) {
    case 'simple':
      return present.has(dependency.capability.name)
    case 'not':
      return !holds(dependency.part, present)
    case 'or':
      return dependency.parts.some((part) => holds(part, present))
    default:
      return dependency.parts.every((part) => holds(part, present))
  }
}
