import { expect, it } from 'vitest'
import { type DocumentSchema, parseJsonDocument } from './parse-json-document.ts'

const schema: DocumentSchema<{ readonly a: number }> = {
  safeParse(value) {
    if (value === null) return { success: false, error: { issues: [{ path: [], message: 'nothing' }] } }
    const { a } = value as { a: unknown }
    return typeof a === 'number'
      ? { success: true, data: { a } }
      : { success: false, error: { issues: [{ path: ['a', 0], message: 'no number' }] } }
  },
}
const parse = (text: string) =>
  parseJsonDocument(text, { schema, maxDepth: 2, refuse: (why) => new RangeError(why) })

it('gives what the schema makes of a text', () => {
  expect(parse('{"a":1,"b":2}')).toEqual({ a: 1 })
  expect(parse('{"a":1,"b":["__proto__"],"proto":null}')).toEqual({ a: 1 })
})

it.each([
  ['{"a":[[1]]}', 'nested deeper than 2'],
  ['{"a":', 'not JSON'],
  ['{"a":"1"}', 'a.0: no number'],
  ['null', 'the document: nothing'],
  ['{"a":1,"__proto__":2}', 'a key is "__proto__"'],
  [String.raw`{"a":1,"\u005f_proto__":2}`, 'a key is "__proto__"'],
  ['{"a":1,"b":{"__proto__":0}}', 'a key is "__proto__"'],
  ['[{"__proto__":null}]', 'a key is "__proto__"'],
])('refuses %s: %s', (text, why) => {
  expect(() => parse(text)).toThrow(new RangeError(why))
})
