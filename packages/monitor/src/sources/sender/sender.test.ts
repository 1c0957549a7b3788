import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Delivery } from '../../ports/event-format.ts'
import { harborWebhook } from '../harbor/harbor-webhook.ts'
import { receivedAt } from '../read-delivery.fixture.ts'
import type { TokenKey } from './json-web-token.ts'
import { oidcToken, type OidcTokenOptions } from './oidc-token.ts'
import { fetchedByCaller, type SenderCheck } from './sender-check.ts'
import { basicCredentials, bearerToken, secretInQuery, tokenInHeader } from './shared-secret.ts'
import { artifactorySignature, githubSignature, nexusSignature } from './signed-body.ts'

const secret = 'correct horse'
const body = Buffer.from('{"a":1}')
const hmac = (algorithm: string, key = secret, text: Uint8Array = body) =>
  createHmac(algorithm, key).update(text).digest('hex')

async function judge(check: SenderCheck, headers: Record<string, string>, path = '/hook'): Promise<string> {
  const delivery: Delivery = { headers, body, path }
  try {
    await check(delivery, { receivedAt })
    return 'trusted'
  } catch (error) {
    const { code, status, message } = error as { code: string; status: number; message: string }
    for (const hidden of [secret, 'another old one', ...Object.values(headers).filter(Boolean)])
      expect(message).not.toContain(hidden)
    return `${code} ${status}`
  }
}
const refused = 'DELIVERY_REFUSED 401'

describe('shared secrets', () => {
  const both = [secret, 'another old one']
  it.each<[string, SenderCheck, Record<string, string>, string, string]>([
    ['a token', tokenInHeader('X-Token', secret), { 'x-token': secret }, '/', 'trusted'],
    ['one of two tokens', tokenInHeader('X-Token', both), { 'x-token': 'another old one' }, '/', 'trusted'],
    ['another token', tokenInHeader('X-Token', both), { 'x-token': 'correct horsf' }, '/', refused],
    ['a longer token', tokenInHeader('X-Token', both), { 'x-token': `${secret}${secret}` }, '/', refused],
    ['an empty token', tokenInHeader('X-Token', both), { 'x-token': '' }, '/', refused],
    ['no token', tokenInHeader('X-Token', both), {}, '/', refused],
    ['a header of every object', tokenInHeader('constructor', both), {}, '/', refused],
    ['a bearer', bearerToken(secret), { authorization: `Bearer ${secret}` }, '/', 'trusted'],
    ['a bearer without the word', bearerToken(secret), { authorization: secret }, '/', refused],
    [
      'basic',
      basicCredentials('zot', secret),
      { authorization: `Basic ${btoa(`zot:${secret}`)}` },
      '/',
      'trusted',
    ],
    [
      'basic of another user',
      basicCredentials('zot', secret),
      { authorization: `Basic ${btoa(`not:${secret}`)}` },
      '/',
      refused,
    ],
    ['a query', secretInQuery('key', secret), {}, '/hook?a=b&key=correct%20horse', 'trusted'],
    ['another query', secretInQuery('key', secret), {}, '/hook?key=wrong%20horses', refused],
    ['two in a query', secretInQuery('key', secret), {}, '/hook?key=correct%20horse&key=x', refused],
    ['no query', secretInQuery('key', secret), {}, '/hook', refused],
    ['a path like a query', secretInQuery('key', secret), {}, '/key=correct%20horse', refused],
    ['what was not fetched', fetchedByCaller(), {}, '/', refused],
  ])('%s', async (_, check, headers, path, expected) => {
    expect(await judge(check, headers, path)).toBe(expected)
  })

  it.each([[''], ['short'], [[]], [['long enough', '']], [undefined], [12345678]])(
    'refuses %j as a secret',
    (wrong) => {
      expect(() => tokenInHeader('x-token', wrong as string)).toThrowError(
        expect.objectContaining({ code: 'OPTIONS_INVALID' }),
      )
    },
  )
})

describe('signed bodies', () => {
  it.each<[string, SenderCheck, Record<string, string>, string]>([
    ['GitHub', githubSignature(secret), { 'x-hub-signature-256': `sha256=${hmac('sha256')}` }, 'trusted'],
    [
      'GitHub without its prefix',
      githubSignature(secret),
      { 'x-hub-signature-256': hmac('sha256') },
      refused,
    ],
    [
      'GitHub’s older signature',
      githubSignature(secret),
      { 'x-hub-signature': `sha1=${hmac('sha1')}` },
      refused,
    ],
    ['Nexus', nexusSignature(secret), { 'x-nexus-webhook-signature': hmac('sha1').toUpperCase() }, 'trusted'],
    [
      'Artifactory',
      artifactorySignature([secret, 'another old one']),
      { 'x-jfrog-event-auth': hmac('sha256', 'another old one') },
      'trusted',
    ],
    [
      'Artifactory with the secret itself',
      artifactorySignature(secret),
      { 'x-jfrog-event-auth': secret },
      refused,
    ],
    ['another key', nexusSignature(secret), { 'x-nexus-webhook-signature': hmac('sha1', 'other') }, refused],
    [
      'another body',
      nexusSignature(secret),
      { 'x-nexus-webhook-signature': hmac('sha1', secret, Buffer.from('{}')) },
      refused,
    ],
  ])('%s', async (_, check, headers, expected) => {
    expect(await judge(check, headers)).toBe(expected)
  })
})

describe('formats', () => {
  it.each([
    [{}],
    [{ unsafeUnsigned: false }],
    [{ sender: undefined }],
    [{ sender: 'secret' }],
    [{ sender: fetchedByCaller(), unsafeUnsigned: true }],
  ])('do without a sender for nothing: %j', (options) => {
    expect(() => harborWebhook({ registry: 'hub.example', ...options } as never)).toThrowError(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})

describe('oidcToken', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = (key: KeyObject, rest: object): TokenKey =>
    ({ ...key.export({ format: 'jwk' }), ...rest }) as TokenKey
  const keys = [
    jwk(rsa.publicKey, { kid: 'rsa', alg: 'RS256', use: 'sig' }),
    jwk(ec.publicKey, { kid: 'ec' }),
    jwk(weak.publicKey, { kid: 'weak' }),
    jwk(rsa.publicKey, { kid: 'encrypts', use: 'enc' }),
    { kty: 'RSA', kid: 'broken', n: '!', e: 'AQAB' } as TokenKey,
  ]
  const now = receivedAt.getTime() / 1000
  const claims = {
    iss: 'https://accounts.google.com',
    aud: 'https://monitor.example/gar',
    email: 'pubsub@acme.iam.gserviceaccount.com',
    email_verified: true,
    iat: now - 10,
    exp: now + 3600,
  }
  const options: OidcTokenOptions = {
    issuer: claims.iss,
    audience: claims.aud,
    claims: { email: claims.email, email_verified: true },
    keys,
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const make = (
    change: object = {},
    header: object = { alg: 'RS256', kid: 'rsa' },
    key: KeyObject = rsa.privateKey,
  ) => {
    const signed = `${encode(header)}.${encode({ ...claims, ...change })}`
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
    return `${signed}.${signature.toString('base64url')}`
  }
  const [header = '', , signature = ''] = make().split('.')

  it.each([
    ['RS256', make(), 'trusted'],
    ['ES256', make({}, { alg: 'ES256', kid: 'ec' }, ec.privateKey), 'trusted'],
    ['one of several audiences', make({ aud: ['other', claims.aud] }), 'trusted'],
    ['a clock a little behind', make({ exp: now - 30 }), 'trusted'],
    ['one that expired', make({ exp: now - 61 }), refused],
    ['one without an end', make({ exp: undefined }), refused],
    ['one of the future', make({ nbf: now + 120 }), refused],
    ['one made in the future', make({ iat: now + 120 }), refused],
    ['another issuer', make({ iss: 'https://evil.example' }), refused],
    ['another audience', make({ aud: 'https://other.example' }), refused],
    ['somebody else', make({ email: 'evil@evil.iam.gserviceaccount.com' }), refused],
    ['an address that is not verified', make({ email_verified: 'true' }), refused],
    [
      'other claims under the same signature',
      `${header}.${encode({ ...claims, exp: now + 9999 })}.${signature}`,
      refused,
    ],
    ['no signature', `${encode({ alg: 'none' })}.${encode(claims)}.`, refused],
    ['no algorithm', `${encode({ alg: 'none' })}.${encode(claims)}.AAAA`, refused],
    ['a shared secret', make({}, { alg: 'HS256', kid: 'rsa' }), refused],
    ['the algorithm of another key', make({}, { alg: 'ES256', kid: 'rsa' }), refused],
    ['a key of another id', make({}, { alg: 'RS256', kid: 'ec' }), refused],
    ['a weak key', make({}, { alg: 'RS256', kid: 'weak' }, weak.privateKey), refused],
    ['a key for another use', make({}, { alg: 'RS256', kid: 'encrypts' }), refused],
    ['a broken key', make({}, { alg: 'RS256', kid: 'broken' }), refused],
    ['critical extensions', make({}, { alg: 'RS256', kid: 'rsa', crit: ['b64'] }), refused],
    ['an endless token', 'a'.repeat(100_000), refused],
    ['nonsense', 'a.b.c', refused],
  ])('%s', async (_, token, expected) => {
    expect(await judge(oidcToken(options), { authorization: `Bearer ${token}` })).toBe(expected)
  })

  it('is refused without a token', async () => {
    expect(await judge(oidcToken(options), {})).toBe(refused)
  })

  it('looks keys up by their id, and says when that failed', async () => {
    const asked: unknown[] = []
    const find = async ({ keyId }: { keyId: string | undefined }) => (asked.push(keyId), keys)
    expect(await judge(oidcToken({ ...options, keys: find }), { authorization: `Bearer ${make()}` })).toBe(
      'trusted',
    )
    expect(asked).toEqual(['rsa'])
    const fail = () => Promise.reject(new Error('no network'))
    expect(await judge(oidcToken({ ...options, keys: fail }), { authorization: `Bearer ${make()}` })).toBe(
      'SOURCE_UNAVAILABLE 503',
    )
  })

  it('needs to be told whose token it is', () => {
    expect(() => oidcToken({ ...options, claims: {} })).toThrowError(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
