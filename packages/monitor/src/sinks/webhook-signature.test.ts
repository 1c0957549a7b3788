import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signWebhook, verifyWebhook } from './webhook-signature.ts'

// The example that the libraries of Standard Webhooks are tested with.
const published = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  sentAt: new Date(1614265330 * 1000),
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const { secret, id, sentAt, body, signature } = published
const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const headers = { 'webhook-id': id, 'webhook-timestamp': '1614265330', 'webhook-signature': signature }
const verify = (changes: Partial<Parameters<typeof verifyWebhook>[0]> = {}): boolean =>
  verifyWebhook({ headers, body, secrets: [secret], now: sentAt, ...changes })

describe('signWebhook', () => {
  it('signs the published example as published', () => {
    expect(signWebhook({ id, sentAt, body, secrets: [secret] })).toEqual(headers)
  })

  it('signs with each secret', () => {
    const both = signWebhook({ id, sentAt, body, secrets: [other, secret] })
    expect(both['webhook-signature']).toMatch(/^v1,\S+ v1,g0hM9SsE/)
    for (const one of [secret, other]) expect(verify({ headers: both, secrets: [one] })).toBe(true)
  })

  it.each([
    ['no secret', []],
    ['an empty one', ['whsec_']],
    ['one that is too short', [Buffer.alloc(23).toString('base64')]],
    ['one that is too long', [Buffer.alloc(65).toString('base64')]],
    ['one that is no base64', ['whsec_not-a-secret-in-any-way-at-all-but-long']],
  ])('refuses %s, without saying it', (_, secrets) => {
    const sign = () => signWebhook({ id, sentAt, body, secrets })
    expect(sign).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(sign).toThrow(expect.not.objectContaining({ message: expect.stringContaining('not-a-secret') }))
  })
})

describe('verifyWebhook', () => {
  it.each([
    ['the signature', {}, true],
    [
      'one of several signatures',
      { headers: { ...headers, 'webhook-signature': `v1,AAAA v2,x ${signature}` } },
      true,
    ],
    ['one of several secrets', { secrets: [other, secret] }, true],
    ['bytes', { body: Buffer.from(body) }, true],
    ['a body that was changed', { body: `${body} ` }, false],
    ['another secret', { secrets: [other] }, false],
    ['another id', { headers: { ...headers, 'webhook-id': 'msg_2' } }, false],
    ['another time', { headers: { ...headers, 'webhook-timestamp': '1614265331' } }, false],
    ['a time that is none', { headers: { ...headers, 'webhook-timestamp': 'now' } }, false],
    [
      'another version',
      { headers: { ...headers, 'webhook-signature': signature.replace('v1', 'v2') } },
      false,
    ],
    [
      'a part of a signature',
      { headers: { ...headers, 'webhook-signature': signature.slice(0, 20) } },
      false,
    ],
    ['no id', { headers: { ...headers, 'webhook-id': undefined } }, false],
    ['no time', { headers: { ...headers, 'webhook-timestamp': undefined } }, false],
    ['no signature', { headers: { ...headers, 'webhook-signature': undefined } }, false],
    ['what was sent long ago', { now: new Date(sentAt.getTime() + 301_000) }, false],
    ['what will be sent', { now: new Date(sentAt.getTime() - 301_000) }, false],
  ])('answers %s rightly', (_, changes, expected) => {
    expect(verify(changes)).toBe(expected)
  })

  it('accepts what was signed, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.uint8Array(), fc.uint8Array(), (id, body, changed) => {
        const headers = { ...signWebhook({ id, sentAt, body, secrets: [secret] }) }
        expect(verify({ headers, body })).toBe(true)
        expect(verify({ headers, body: changed })).toBe(Buffer.compare(body, changed) === 0)
      }),
    )
  })
})
