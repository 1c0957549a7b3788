import { describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.ts'

/** The values of RFC 3720, appendix B.4, and the usual check value. */
describe('crc32c', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 0],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['32 bytes of zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 bytes that count up', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
    [
      '32 bytes that count down',
      Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)),
      0x113fdb5c,
    ],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })
})
