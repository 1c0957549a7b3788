import { describe, expect, it } from 'vitest'
import { redact } from './redact.ts'

describe('redact', () => {
  it.each([
    [
      'a path of a URL',
      'no POST https://hooks.slack.com/services/T0/B0/x1?a=b now',
      'no POST https://hooks.slack.com now',
    ],
    ['a password in a URL', 'at https://me:pa55@mail.example/x', 'at https://mail.example'],
    ['a token behind Bearer', 'said Bearer xyzdefgh1', 'said Bearer …'],
    ['a long word', `key ${'a1'.repeat(16)} is wrong`, 'key … is wrong'],
    ['a secret that is known, however short', 'key=abc;', 'key=…;'],
    ['line breaks and colours', 'one\r\ntwo\u001b[31m', 'one two [31m'],
  ])('leaves out %s', (_, text, expected) => {
    expect(redact(text, ['abc'])).toBe(expected)
  })

  it('leaves out a secret as a whole when another one is its beginning', () => {
    expect(redact('say pa55word now', ['pa55', 'pa55word'])).toBe('say … now')
  })

  it('keeps words, and not more than 300 characters', () => {
    expect(redact('channel_is_archived: connect ECONNREFUSED 127.0.0.1:443')).toBe(
      'channel_is_archived: connect ECONNREFUSED 127.0.0.1:443',
    )
    expect(redact('word '.repeat(1000))).toHaveLength(300)
  })
})
