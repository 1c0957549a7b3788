import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

it.each<[unknown, string]>([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  [{ '10': 1, '9': 2, a: undefined }, '{"10":1,"9":2}'],
  [[undefined, 1], '[null,1]'],
  [undefined, 'null'],
  [{ at: new Date('2026-11-25T12:00:00Z') }, '{"at":"2026-11-25T12:00:00.000Z"}'],
  [{ '€': 1, '\r': 2, '"': 3 }, '{"\\r":2,"\\"":3,"€":1}'],
])('%j', (value, text) => {
  expect(canonicalJson(value)).toBe(text)
})

it('is the same for equal values, whatever the order of their fields, and reads back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      const reversed: unknown = JSON.parse(JSON.stringify(value), (_name, part: unknown) =>
        part !== null && typeof part === 'object' && !Array.isArray(part)
          ? Object.fromEntries(Object.entries(part).reverse())
          : part,
      )
      expect(canonicalJson(reversed)).toBe(text)
    }),
  )
})
