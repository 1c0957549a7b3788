import type { Capability } from './parse-rpm-package.ts'

/** A dependency made of others; `if` and `unless` are resolved into these. */
export type RichDependency =
  | { readonly type: 'simple'; readonly capability: Capability }
  | { readonly type: 'not'; readonly part: RichDependency }
  | {
      readonly type: 'and' | 'or' | 'with' | 'without'
      readonly parts: readonly [RichDependency, RichDependency]
    }

const operators: ReadonlyMap<string, number> = new Map([
  ['<', 2],
  ['<=', 10],
  ['=<', 10],
  ['=', 8],
  ['==', 8],
  ['>=', 12],
  ['=>', 12],
  ['>', 4],
])
const maxDepth = 50
const maxLength = 64 * 1024

/**
 * Reads a boolean dependency such as `(a >= 1 or (b if c else d))` (rpm manual, "Boolean Dependencies").
 *
 * @throws {SyntaxError} when it is none, or nested more than 50 times.
 */
export function parseRichDependency(text: string): RichDependency {
  if (text.length > maxLength) throw new SyntaxError(`a dependency of ${text.length} characters`)
  let at = 0
  const parsed = parseGroup(0)
  skipBlanks()
  if (at !== text.length) throw broken()
  return parsed

  function broken(): SyntaxError {
    return new SyntaxError(`not a dependency at ${at}: ${text.slice(0, 100)}`)
  }

  function skipBlanks(): void {
    while (text[at] === ' ' || text[at] === '\t') at++
  }

  /** Up to a blank or a bracket that was not opened in it. */
  function readWord(): string {
    const start = at
    let open = 0
    for (; at < text.length; at++) {
      const char = text[at]
      if (char === ' ' || char === '\t') break
      if (char === '(') open++
      else if (char === ')' && open-- === 0) break
    }
    if (at === start) throw broken()
    return text.slice(start, at)
  }

  function parseGroup(depth: number): RichDependency {
    if (text[at] !== '(' || depth > maxDepth) throw broken()
    at++
    let left = parsePart(depth)
    let last: string | undefined
    for (;;) {
      skipBlanks()
      if (text[at] === ')') {
        at++
        return left
      }
      const word = readWord()
      // Only one word in a group, and those of a condition or difference once.
      if (last !== undefined && (last !== word || !isChained(word))) throw broken()
      last = word
      const right = parsePart(depth)
      if (isChained(word) || word === 'without') left = { type: word, parts: [left, right] }
      else if (word === 'if' || word === 'unless') left = parseCondition(word, left, right, depth)
      else throw broken()
    }
  }

  function parsePart(depth: number): RichDependency {
    skipBlanks()
    if (text[at] === '(') return parseGroup(depth + 1)
    const name = readWord()
    const before = at
    skipBlanks()
    const operator = /^[<>=]{1,2}/.exec(text.slice(at, at + 2))?.[0]
    if (operator === undefined) {
      at = before
      return { type: 'simple', capability: { name, flags: 0, version: '' } }
    }
    const flags = operators.get(readWord())
    if (flags === undefined) throw broken()
    skipBlanks()
    return { type: 'simple', capability: { name, flags, version: readWord() } }
  }

  /** `A if B else C` is (A or not B) and (C or B); `A unless B else C` is (A and not B) or (C and B). */
  function parseCondition(
    word: 'if' | 'unless',
    then: RichDependency,
    condition: RichDependency,
    depth: number,
  ): RichDependency {
    const [inner, outer] = word === 'if' ? (['or', 'and'] as const) : (['and', 'or'] as const)
    const first: RichDependency = { type: inner, parts: [then, { type: 'not', part: condition }] }
    skipBlanks()
    if (!/^else[ \t(]/.test(text.slice(at, at + 5))) return first
    at += 4
    const otherwise = parsePart(depth)
    return { type: outer, parts: [first, { type: inner, parts: [otherwise, condition] }] }
  }
}

function isChained(word: string): word is 'and' | 'or' | 'with' {
  return word === 'and' || word === 'or' || word === 'with'
}
