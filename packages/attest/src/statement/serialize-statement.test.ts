import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStatement } from './parse-statement.ts'
import { serializeStatement } from './serialize-statement.ts'
import { createStatement, type Statement } from './statement.ts'

const digest = `sha256:${'ab'.repeat(32)}` as const
const withPredicate = (predicate: unknown): Statement =>
  createStatement([{ name: 'app', digest }], 'https://example.com/p', predicate)
const textOf = (statement: Statement): string => Buffer.from(serializeStatement(statement)).toString('utf8')

/** The same value with the fields of each object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  )
}

const isReadable = (value: unknown): boolean => !JSON.stringify(value).includes('"__proto__":')

describe('serializeStatement', () => {
  it('writes sorted keys and no white space', () => {
    expect(textOf(withPredicate({ b: [1, { d: null, c: 'é' }], a: undefined, 10: 1e21, 9: -0 }))).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","predicate":{"10":1e+21,"9":0,"b":[1,{"c":"é","d":null}]},` +
        `"predicateType":"https://example.com/p","subject":[{"digest":{"sha256":"${'ab'.repeat(32)}"},"name":"app"}]}`,
    )
  })

  it('sorts by UTF-16 code units, as RFC 8785 says', () => {
    const predicate = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 }
    const keys = [...textOf(withPredicate(predicate)).matchAll(/:(\d)(?=[,}])/g)].map(([, value]) => value)
    expect(keys).toEqual(['2', '4', '6', '7', '1', '5', '3'])
  })

  it('gives the same bytes for the same data and loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }).filter(isReadable), (predicate) => {
        const text = textOf(withPredicate(predicate))
        expect(textOf(withPredicate(reversed(predicate)))).toBe(text)
        const parsed = parseStatement(Buffer.from(text))
        expect(textOf(parsed)).toBe(text)
        expect(JSON.stringify(parsed.predicate)).toBe(JSON.stringify(JSON.parse(text).predicate))
      }),
      { numRuns: 300 },
    )
  })

  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  it.each([
    ['a function', () => 1],
    ['a number that JSON has not', { a: Number.NaN }],
    ['a big integer', [1n]],
    ['a date', { a: new Date(0) }],
    ['a map', new Map()],
    ['bytes', Buffer.from('x')],
    ['a hole', Array.from({ length: 2 }).fill(1, 0, 1)],
    ['a sparse array', Object.assign([], { 1: 1 })],
    ['a cycle', cyclic],
    ['a field that readers refuse', { a: JSON.parse('{"__proto__":1}') as unknown }],
  ])('refuses %s', (_, predicate) => {
    expect(() => serializeStatement(withPredicate(predicate))).toThrow(
      expect.objectContaining({ name: 'AttestError', code: 'STATEMENT_INVALID' }),
    )
  })
})

describe('parseStatement', () => {
  const valid = { ...withPredicate({}) }
  it('reads version 0.1 as version 1, without a predicate too', () => {
    const { predicate: _, ...old } = { ...valid, _type: 'https://in-toto.io/Statement/v0.1' }
    expect(parseStatement(Buffer.from(JSON.stringify(old)))).toEqual(valid)
  })

  it.each([
    ['another type', JSON.stringify({ ...valid, _type: 'https://in-toto.io/Statement/v2' })],
    ['no type', JSON.stringify({ ...valid, _type: undefined })],
    ['no subject', JSON.stringify({ ...valid, subject: [] })],
    ['a subject without digests', JSON.stringify({ ...valid, subject: [{ name: 'app' }] })],
    ['a digest that is no text', JSON.stringify({ ...valid, subject: [{ digest: { sha256: 1 } }] })],
    ['an empty predicate type', JSON.stringify({ ...valid, predicateType: '' })],
    ['a repeated key', JSON.stringify(valid).replace('{', '{"subject":[],')],
    ['a repeated key in another spelling', JSON.stringify(valid).replace('{', '{"\\u0073ubject":[],')],
    ['a byte order mark', `\ufeff${JSON.stringify(valid)}`],
    ['trailing data', `${JSON.stringify(valid)}{}`],
    ['null', 'null'],
  ])('refuses %s', (_, text) => {
    expect(() => parseStatement(Buffer.from(text))).toThrow(
      expect.objectContaining({ name: 'AttestError', code: 'STATEMENT_INVALID' }),
    )
  })
})
