import { ASN1Obj } from '@sigstore/core'
import { array, assert, constantFrom, letrec, oneof, property, tuple, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { der as write } from '../../internal/der.ts'
import { parseDer, toDer } from './der.ts'

/** Elements of all sizes of length, primitive and nested, some of them in an octet string. */
const element = letrec<{ element: Buffer<ArrayBuffer> }>((tie) => ({
  element: oneof(
    { depthSize: 'small', withCrossShrink: true },
    tuple(constantFrom(0x02, 0x04, 0x06, 0x0c, 0x80), uint8Array({ maxLength: 300 })).map(([tag, bytes]) =>
      Buffer.from(write(tag, bytes)),
    ),
    tuple(constantFrom(0x30, 0x31, 0x04, 0xa0), array(tie('element'), { maxLength: 4 })).map(([tag, parts]) =>
      Buffer.from(write(tag, ...parts)),
    ),
  ),
})).element

describe('toDer', () => {
  it('writes what it was parsed from, as the library does', () => {
    assert(
      property(element, (bytes) => {
        const parsed = ASN1Obj.parseBuffer(bytes)
        expect(toDer(parsed)).toEqual(bytes)
        expect(toDer(parsed)).toEqual(parsed.toDER())
      }),
    )
  })

  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('writes a length of %d', (length) => {
    const bytes = Buffer.from(write(0x0c, Buffer.alloc(length, 1)))
    expect(toDer(ASN1Obj.parseBuffer(bytes))).toEqual(bytes)
  })
})

describe('parseDer', () => {
  it.each([
    ['a length in more bytes than it takes', '30810205 00'],
    ['a length with a leading zero', '3082000205 00'],
    ['no definite length', '3080050000 00'],
    ['bytes behind it', '3002050000'],
    ['bytes missing', '300205'],
    ['a tag of several bytes', '3f810000'],
  ])('refuses %s', (_, hex) => {
    expect(parseDer(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toBeUndefined()
  })
})
