import { describe, expect, it } from 'vitest'
import { signAwsRequest } from './sign-aws-request.ts'

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const now = new Date('2015-08-30T12:36:00Z')
const sessionToken =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=='

/** The values that AWS published with its test suite and in its guide to signing. */
describe('signAwsRequest', () => {
  it.each([
    ['get-vanilla', 'GET', '/', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '/', {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      {},
      '',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-x-www-form-urlencoded',
      'POST',
      '/',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      'Param1=value1',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('%s', (_, method, path, headers, body, signature) => {
    const url = new URL(path, 'https://example.amazonaws.com')
    const request = { method, url, headers, body, region: 'us-east-1', service: 'service' }
    const signed = signAwsRequest(request, credentials, now)
    expect(signed['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/service\/aws4_request, SignedHeaders=/,
    )
    expect(signed['authorization']).toMatch(new RegExp(`, Signature=${signature}$`))
  })

  it('signs the session token (post-sts-header-before)', () => {
    const url = new URL('https://example.amazonaws.com/')
    const request = { method: 'POST', url, headers: {}, body: '', region: 'us-east-1', service: 'service' }
    const signed = signAwsRequest(request, { ...credentials, sessionToken }, now)
    expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,')
    expect(signed['authorization']).toMatch(
      /Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead$/,
    )
  })

  it('signs the example of the guide', () => {
    const request = {
      method: 'GET',
      url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: '',
      region: 'us-east-1',
      service: 'iam',
    }
    expect(signAwsRequest(request, credentials, now)['authorization']).toMatch(
      /SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7$/,
    )
  })
})
