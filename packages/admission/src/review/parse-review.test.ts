import { describe, expect, it } from 'vitest'
import { parseReview } from './parse-review.ts'

describe('parseReview', () => {
  it('parses JSON', () =>
    expect(parseReview(Buffer.from('{"kind":"AdmissionReview"}'))).toEqual({ kind: 'AdmissionReview' }))

  it.each<[string, string | Buffer, string, number]>([
    ['a key twice', '{"request":{"object":1,"object":2}}', 'REVIEW_INVALID', 400],
    ['a key twice in other letters', String.raw`{"object":1,"\u006fbject":2}`, 'REVIEW_INVALID', 400],
    ['a prototype', '{"__proto__":{}}', 'REVIEW_INVALID', 400],
    ['depth', '['.repeat(100_000), 'REVIEW_INVALID', 400],
    ['too many values', `[${'0,'.repeat(1_000_001)}0]`, 'REVIEW_INVALID', 400],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'REVIEW_INVALID', 400],
    ['what follows', '{} {}', 'REVIEW_INVALID', 400],
    ['nothing', '', 'REVIEW_INVALID', 400],
    ['size', Buffer.alloc(8 * 1024 * 1024 + 1, ' '), 'REVIEW_TOO_LARGE', 413],
  ])('refuses %s', (_title, body, code, status) => {
    expect(() => parseReview(Buffer.from(body))).toThrow(expect.objectContaining({ code, status }))
  })
})
