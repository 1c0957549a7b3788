import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digestAlgorithm, digestHex, digestOf, isDigest, parseDigest, toDigest } from './digest.ts'

const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('parseDigest', () => {
  it.each([`sha256:${empty}`, `sha512:${'0'.repeat(128)}`])('takes %s', (text) => {
    expect(parseDigest(text)).toBe(text)
    expect(isDigest(text)).toBe(true)
  })

  it.each([
    ['upper-case hex', `sha256:${empty.toUpperCase()}`],
    ['a digit too few', `sha256:${empty.slice(1)}`],
    ['a digit too many', `sha256:${empty}0`],
    ['the length of another algorithm', `sha512:${empty}`],
    ['an unregistered algorithm', `md5:${'0'.repeat(32)}`],
    ['no algorithm', empty],
    ['a newline at the end', `sha256:${empty}\n`],
    ['a space before', ` sha256:${empty}`],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(isDigest(text)).toBe(false)
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ name: 'CoreError', code: 'DIGEST_INVALID' }),
    )
  })

  it('does not repeat long input in its message', () => {
    try {
      parseDigest('x'.repeat(10_000))
      expect.unreachable()
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(300)
    }
  })
})

describe('isDigest', () => {
  it.each([undefined, null, 1, {}, [`sha256:${empty}`]])('refuses %j', (value) => {
    expect(isDigest(value)).toBe(false)
  })
})

describe('digestOf', () => {
  it('hashes bytes and text alike', () => {
    expect(digestOf('')).toBe(`sha256:${empty}`)
    expect(digestOf(Buffer.from('é'))).toBe(digestOf('é'))
    expect(digestOf('a', 'sha512')).toMatch(/^sha512:[0-9a-f]{128}$/)
  })

  it('gives what a running hash gives', () => {
    expect(toDigest(createHash('sha256').update('a').update('b'))).toBe(digestOf('ab'))
    expect(toDigest(createHash('sha512').update('ab'), 'sha512')).toBe(digestOf('ab', 'sha512'))
  })

  it('can be taken apart', () => {
    expect(digestAlgorithm(digestOf(''))).toBe('sha256')
    expect(digestAlgorithm(digestOf('', 'sha512'))).toBe('sha512')
    expect(digestHex(digestOf(''))).toBe(empty)
  })
})
