import { createPublicKey, sign, verify } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleKey } from '../testing/kms/signature-check.ts'
import { toDerSignature } from './to-der-signature.ts'

describe('toDerSignature', () => {
  it.each([
    ['P-256', 32, 'sha256'],
    ['P-384', 48, 'sha384'],
    ['P-521', 66, 'sha512'],
  ])('gives what OpenSSL verifies for %s', (curve, bytes, hash) => {
    const key = sampleKey(curve)
    fc.assert(
      fc.property(fc.uint8Array(), (content) => {
        const raw = sign(hash, content, { key, dsaEncoding: 'ieee-p1363' })
        expect(verify(hash, content, createPublicKey(key), toDerSignature(raw, bytes)!)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['small numbers', '0001', '0002', '3006020101020102'],
    ['a first bit that is set', '8000', '00ff', '300902030080000202 00ff'],
    ['zero', '0000', '0000', '3006020100020100'],
    ['a zero in front of a set bit', '0080', '007f', '3007020200 8002017f'],
  ])('writes %s in the shortest form', (_, r, s, expected) => {
    const der = toDerSignature(Buffer.from(r + s, 'hex'), 2)!
    expect(Buffer.from(der).toString('hex')).toBe(expected.replaceAll(' ', ''))
  })

  it('writes a length above 127 in two bytes', () => {
    const der = toDerSignature(Buffer.alloc(132, 0xff), 66)!
    expect([...der.subarray(0, 5)]).toEqual([0x30, 0x81, 2 * 69, 0x02, 67])
  })

  it.each([0, 63, 65])('refuses %i bytes for P-256', (length) => {
    expect(toDerSignature(Buffer.alloc(length), 32)).toBeUndefined()
  })
})
