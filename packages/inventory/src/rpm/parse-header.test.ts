import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRpmHeader } from './parse-header.ts'
import { headerOf, packageHeader } from './rpm.fixture.ts'

/** A header whose one entry is written over: its type, offset or count. */
function withEntry(field: 'type' | 'offset' | 'count', value: number): Buffer {
  const header = headerOf({ 1117: ['a', 'b'] })
  header.writeInt32BE(value | 0, 8 + 16 + { type: 4, offset: 8, count: 12 }[field])
  return header
}

describe('parseRpmHeader', () => {
  it('reads texts, lists and numbers', () => {
    const header = parseRpmHeader(
      headerOf({ 1000: 'name', 1030: { int16: [0o100644] }, 1037: { int32: [1, 2] }, 1117: ['a', '', 'b'] }),
    )
    expect(header.text(1000)).toBe('name')
    expect(header.numbers(1030)).toEqual([0o100644])
    expect(header.numbers(1037)).toEqual([1, 2])
    expect(header.texts(1117)).toEqual(['a', '', 'b'])
    expect([header.text(1), header.texts(1), header.numbers(1)]).toEqual([undefined, [], []])
  })

  it('keeps bytes that are no UTF-8 apart', () => {
    const header = packageHeader('a', { 1011: 'J?rg' })
    header[header.indexOf('J?rg') + 1] = 0xf6
    expect(parseRpmHeader(header).text(1011)).toBe('J\udcf6rg')
  })

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a header without entries', Buffer.alloc(8)],
    ['a huge count of entries', Buffer.concat([Buffer.from('ffffffff00000000', 'hex'), Buffer.alloc(64)])],
    ['huge data', Buffer.concat([Buffer.from('00000001ffffffff', 'hex'), Buffer.alloc(64)])],
    ['a byte too few', packageHeader('a').subarray(0, -1)],
    ['a byte too many', Buffer.concat([packageHeader('a'), Buffer.alloc(1)])],
    ['an unknown type', withEntry('type', 10)],
    ['an entry outside the data', withEntry('offset', 1_000)],
    ['a negative offset', withEntry('offset', -4)],
    ['no elements', withEntry('count', 0)],
    ['more elements than bytes', withEntry('count', 0x7fffffff)],
    [
      'numbers that are not aligned',
      (() => {
        const header = headerOf({ 1000: 'abc', 1037: { int32: [1, 2] } })
        header.writeInt32BE(1, 8 + 2 * 16 + 8)
        return header
      })(),
    ],
  ])('refuses %s', (_title, blob) => {
    expect(() => parseRpmHeader(blob)).toThrow(SyntaxError)
  })

  it.each<[string, Buffer]>([
    ['a list that does not end', withEntry('count', 19)],
    ['a list that is a number', headerOf({ 1117: { int32: [1] } })],
  ])('refuses %s when it is asked for', (_title, blob) => {
    const header = parseRpmHeader(blob)
    expect(() => header.texts(1117)).toThrow(SyntaxError)
  })

  const text = fc.stringMatching(/^[ -~]{0,20}$/)
  const entry = fc.oneof(
    text,
    fc.array(text, { minLength: 1, maxLength: 5 }),
    fc.record({ int16: fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 5 }) }),
    fc.record({ int32: fc.array(fc.nat(0x7fffffff), { minLength: 1, maxLength: 5 }) }),
  )

  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.integer({ min: 1_000, max: 6_000 }).map(String), entry, { minKeys: 1 }),
        (entries) => {
          const header = parseRpmHeader(headerOf(entries))
          for (const [tag, value] of Object.entries(entries)) {
            if (typeof value === 'string') expect(header.text(Number(tag))).toBe(value)
            else if ('int16' in value) expect(header.numbers(Number(tag))).toEqual(value.int16)
            else if ('int32' in value) expect(header.numbers(Number(tag))).toEqual(value.int32)
            else expect(header.texts(Number(tag))).toEqual(value)
          }
        },
      ),
    )
  })

  it('takes any bytes for a header or throws a SyntaxError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseRpmHeader(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
    )
  })
})
