import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentityToken } from '../testing/identity-token.ts'
import { quoteAnswer } from './quote-answer.ts'

const token = createIdentityToken()
const quote = (text: string, secrets?: readonly string[]): string => quoteAnswer(Buffer.from(text), secrets)

describe('quoteAnswer', () => {
  it.each([
    ['the message of a gateway', '{"code":3,"message":"no such issuer"}', 'no such issuer'],
    [
      'the description of OAuth',
      '{"error":"invalid","error_description":"no such client"}',
      'no such client',
    ],
    ['plain text', 'not here\n', 'not here'],
    ['nothing of JSON without a message', '{"token":"secret"}', ''],
    ['nothing of an empty body', '', ''],
  ])('quotes %s', (_, body, expected) => {
    expect(quote(body)).toBe(expected)
  })

  it.each([
    ['a token', `bad token ${token}!`],
    ['a part of a token', `bad claims ${token.split('.')[1]}`],
    ['a token in base64', Buffer.from(token).toString('base64')],
    ['a token in hexadecimal', Buffer.from(token).toString('hex')],
  ])('leaves out %s', (_, body) => {
    expect(quote(body)).toMatch(/^(bad (token|claims) )?…!?$/)
  })

  it('leaves out a short secret wherever it stands', () => {
    expect(quote('key=pa55word; again pa55word', ['pa55word'])).toBe('key=…; again …')
  })

  it('quotes only printable text of a limited length, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        expect(quoteAnswer(bytes)).toMatch(/^[\x20-\x7e…]{0,301}$/)
      }),
    )
  })
})
