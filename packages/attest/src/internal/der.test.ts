import { ASN1Obj } from '@sigstore/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { der, derInteger, derOid, derTag } from './der.ts'

const parse = (bytes: Uint8Array): ASN1Obj => ASN1Obj.parseBuffer(Buffer.from(bytes))

describe('der', () => {
  it.each([0, 127, 128, 255, 256, 65_536])('writes the length %s as others read it', (length) => {
    expect(parse(der(derTag.octetString, Buffer.alloc(length, 1))).value).toHaveLength(length)
  })
})

describe('derInteger', () => {
  it('writes non-negative integers of any size in the shortest form', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 200n }), fc.nat(3), (value, zeros) => {
        const hex = value.toString(16)
        const bytes = Buffer.from(`${'00'.repeat(zeros)}${hex.length % 2 ? '0' : ''}${hex}`, 'hex')
        const written = derInteger(bytes)
        expect(parse(written).toInteger()).toBe(value)
        expect(written).toEqual(derInteger(Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')))
      }),
    )
  })
})

describe('derOid', () => {
  it.each(['2.16.840.1.101.3.4.2.1', '1.2.840.10045.4.3.2', '2.5.4.3', '1.3.6.1.4.1.57264.1.8'])(
    'writes %s',
    (oid) => {
      expect(parse(derOid(oid)).toOID()).toBe(oid)
    },
  )
})
