import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeName, encodeName } from './name-bytes.ts'

describe('decodeName', () => {
  it.each([
    ['plain text', '616263', 'abc'],
    ['UTF-8', 'c3a9e282acf09f9880', 'é€😀'],
    ['a byte order mark', 'efbbbf61', '\ufeffa'],
    ['a Latin-1 byte', '61e962', 'a\udce9b'],
    ['a cut sequence', '61e282', 'a\udce2\udc82'],
    ['an encoded surrogate', 'edb280', '\udced\udcb2\udc80'],
    ['an overlong slash', 'c0af', '\udcc0\udcaf'],
  ])('reads %s', (_, hex, text) => {
    expect(decodeName(Buffer.from(hex, 'hex'))).toBe(text)
    expect(Buffer.from(encodeName(text)).toString('hex')).toBe(hex)
  })

  it('loses no byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(Buffer.compare(encodeName(decodeName(bytes)), bytes)).toBe(0)
      }),
      { numRuns: 1000 },
    )
  })
})
