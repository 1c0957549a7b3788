import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictJson, StrictJsonError } from './strict-json.ts'

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text, 'utf8'))

describe('parseStrictJson', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        fc.pre(!text.includes('__proto__'))
        expect(parse(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    ['the same key in two objects', '[{"a":1},{"a":1}]'],
    ['a key that is also a value', '{"a":"a","b":["a","a"]}'],
    ['quotes and brackets in strings', String.raw`{"a\"{":"}\\","b":"[\\\"","c\\":1}`],
    ['256 levels', '['.repeat(256) + ']'.repeat(256)],
    ['the word __proto__ as a value', '["__proto__"]'],
  ])('reads %s', (_, text) => {
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it.each([
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['data behind the value', '{} {}'],
    ['a key twice', '{"a":1,"b":[{}],"a":1}'],
    ['a key twice, once escaped', String.raw`{"a":1,"\u0061":1}`],
    ['the key __proto__', '{"a":{"__proto__":{"b":1}}}'],
    ['the key __proto__, escaped', String.raw`{"\u005f_proto__":1}`],
    ['257 levels', '['.repeat(257) + ']'.repeat(257)],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text)).toThrow(StrictJsonError)
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(StrictJsonError)
  })
})
