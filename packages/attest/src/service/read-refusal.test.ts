import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentityToken } from '../testing/identity-token.ts'
import { readRefusal } from './read-refusal.ts'

const token = createIdentityToken()
const explain = (text: string, secrets?: readonly string[]): string | undefined =>
  readRefusal(Buffer.from(text), secrets).explanation

describe('readRefusal', () => {
  it.each([
    ['a gateway', '{"code":3,"message":"no such issuer"}', undefined, 'no such issuer'],
    ['OAuth', '{"error":"invalid","error_description":"no such client"}', undefined, 'no such client'],
    ['OAuth without a description', '{"error":"invalid_client"}', undefined, 'invalid_client'],
    ['AWS', '{"__type":"com.aws#NotFoundException","Message":"gone"}', 'NotFoundException', 'gone'],
    ['Google', '{"error":{"status":"NOT_FOUND","message":"gone"}}', 'NOT_FOUND', 'gone'],
    ['Azure', '{"error":{"code":"KeyNotFound","message":"gone"}}', 'KeyNotFound', 'gone'],
    ['Vault', '{"errors":["denied","twice"]}', undefined, 'denied; twice'],
    ['plain text', 'not here\n', undefined, 'not here'],
    ['a page', ' <html>not here</html>', undefined, undefined],
    ['JSON without a message', '{"token":"secret"}', undefined, undefined],
    ['JSON that is no object', '"secret"', undefined, undefined],
    ['an empty body', '', undefined, undefined],
  ])('reads the form of %s', (_, body, serviceCode, explanation) => {
    expect(readRefusal(Buffer.from(body))).toEqual({ serviceCode, explanation })
  })

  it.each([
    ['a token', `bad token ${token}!`],
    ['a part of a token', `bad claims ${token.split('.')[1]}`],
    ['a token in base64', Buffer.from(token).toString('base64')],
    ['a token in hexadecimal', Buffer.from(token).toString('hex')],
  ])('leaves out %s', (_, body) => {
    expect(explain(body)).toMatch(/^(bad (token|claims) )?…!?$/)
  })

  it.each([
    ['a short secret wherever it stands', 'key=pa55word; pa55word', ['pa55word'], 'key=…; …'],
    ['a secret that begins with another', 'say pa55word now', ['pa55', 'pa55word'], 'say … now'],
    ['a short secret in base64', 'key=cGE1NXdvcmQ= sent', ['pa55word'], 'key=…= sent'],
    ['a short secret in hexadecimal', 'key=70613535776f7264 sent', ['pa55word'], 'key=… sent'],
    ['a short secret in a URL', 'key=p%26word sent', ['p&word'], 'key=… sent'],
    ['what stands behind the word Bearer', 'not Bearer abcdefgh', [], 'not Bearer …'],
  ])('leaves out %s', (_, body, secrets, expected) => {
    expect(explain(body, secrets)).toBe(expected)
  })

  it.each([
    'User: arn:aws:sts::123456789012:assumed-role/release/session is not allowed: kms:Sign',
    'on arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    'projects/p/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1 is disabled',
  ])('keeps names: %s', (said) => {
    expect(explain(JSON.stringify({ message: said }))).toBe(said)
  })

  it('takes no secret for the name of an error', () => {
    const said = (code: string) => Buffer.from(JSON.stringify({ error: { code } }))
    expect(readRefusal(said('pa55word'), ['pa55word']).serviceCode).toBeUndefined()
    expect(readRefusal(said('word'), ['pa55word']).serviceCode).toBeUndefined()
    expect(readRefusal(said('a1'.repeat(20))).serviceCode).toBeUndefined()
  })

  it('gives only printable text of a limited length, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        const { explanation = '-', serviceCode = 'X' } = readRefusal(bytes)
        expect(explanation).toMatch(/^[\x20-\x7e…]{1,301}$/)
        expect(serviceCode).toMatch(/^[\w.]{1,81}$/)
      }),
    )
  })
})
