import { describe, expect, it } from 'vitest'
import { parseIntegrity } from './parse-integrity.ts'

const sha1 = Buffer.alloc(20, 1).toString('base64')
const sha512 = Buffer.alloc(64, 2).toString('base64')

describe('parseIntegrity', () => {
  it('reads each checksum that it knows', () => {
    expect(parseIntegrity(`sha1-${sha1} md5-AAAA sha512-${sha512}?opt`)).toEqual([
      { algorithm: 'sha1', value: '01'.repeat(20) },
      { algorithm: 'sha512', value: '02'.repeat(64) },
    ])
  })

  it.each([undefined, 7, '', 'sha512-', `sha512-${sha1}`, 'sha512-%%%', `sha1-${'A'.repeat(3_000)}`])(
    'finds none in %j',
    (text) => {
      expect(parseIntegrity(text)).toEqual([])
    },
  )
})
