import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentityToken, tokenTime } from '../../testing/identity-token.ts'
import { readIdentityClaims } from './identity-claims.ts'

const expected = { audience: 'sigstore', now: tokenTime }
const seconds = tokenTime.getTime() / 1000
const sign = (payload: string): string => `e30.${Buffer.from(payload).toString('base64url')}.c2ln`

describe('readIdentityClaims', () => {
  it.each([
    ['the subject', {}, 'repo:team/app:ref:refs/heads/main'],
    ['the e-mail address before the subject', { email: 'me@example.com' }, 'me@example.com'],
    ['the subject when the e-mail address is empty', { email: '' }, 'repo:team/app:ref:refs/heads/main'],
  ])('names %s', (_, claims, subject) => {
    expect(readIdentityClaims(createIdentityToken(claims), expected)).toEqual({
      issuer: 'https://issuer.example',
      subject,
      audiences: ['sigstore'],
      expiresAt: new Date(tokenTime.getTime() + 600_000),
    })
  })

  it('takes a token for several audiences', () => {
    const token = createIdentityToken({ aud: ['other', 'sigstore'] })
    expect(readIdentityClaims(token, expected).audiences).toEqual(['other', 'sigstore'])
  })

  it.each([
    ['nothing', ''],
    ['a text', 'token'],
    ['two parts', 'e30.e30'],
    ['four parts', `${createIdentityToken()}.e30`],
    ['white space within', createIdentityToken().replace('.', '.\n')],
    ['an encrypted token', 'a.b.c.d.e'],
    ['no JSON', sign('{')],
    ['a list', sign('[]')],
    ['a claim twice', sign('{"iss":"i","iss":"i","sub":"s","aud":"sigstore","exp":9999999999}')],
    ['no end', createIdentityToken({ exp: undefined })],
    ['an end in text', createIdentityToken({ exp: '9999999999' })],
    ['an end beyond all dates', createIdentityToken({ exp: 1e300 })],
    ['an end that is now', createIdentityToken({ exp: seconds })],
    ['no audience', createIdentityToken({ aud: undefined })],
    ['an empty list of audiences', createIdentityToken({ aud: [] })],
    ['another audience', createIdentityToken({ aud: 'sigstor' })],
    ['neither subject nor e-mail address', createIdentityToken({ sub: undefined })],
    ['no issuer', createIdentityToken({ iss: undefined })],
    ['more than 64 KiB', createIdentityToken({ more: 'x'.repeat(64 * 1024) })],
  ])('refuses %s', (_, token) => {
    expect(() => readIdentityClaims(token, expected)).toThrow(
      expect.objectContaining({ code: 'IDENTITY_INVALID' }),
    )
  })

  it('says which audience and which time it got', () => {
    const read = (claims: object) => () => readIdentityClaims(createIdentityToken({ ...claims }), expected)
    expect(read({ aud: 'other' })).toThrow('for the audience "sigstore", got one for "other"')
    expect(read({ exp: seconds - 5 })).toThrow('has ended at 2026-01-02T03:04:00.000Z')
  })

  it('throws nothing else, whatever the token', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(sign)), (token) => {
        expect(() => readIdentityClaims(token, expected)).toThrow(
          expect.objectContaining({ code: 'IDENTITY_INVALID' }),
        )
      }),
    )
  })

  it('reads or refuses a token with any other value for a claim', () => {
    const other = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('sigstore', ['sigstore', 1], 'x', 9_999_999_999, true),
    )
    let reads = 0
    fc.assert(
      fc.property(
        fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'email', 'email_verified', 'more'),
        other,
        (claim, value) => {
          try {
            const { audiences, expiresAt } = readIdentityClaims(
              createIdentityToken({ [claim]: value }),
              expected,
            )
            reads++
            expect(audiences).toContain('sigstore')
            expect(expiresAt.getTime()).toBeGreaterThan(tokenTime.getTime())
          } catch (error) {
            expect(error).toMatchObject({ code: 'IDENTITY_INVALID' })
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(reads).toBeGreaterThan(20)
  })
})
