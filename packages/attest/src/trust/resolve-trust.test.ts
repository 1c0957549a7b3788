import { describe, expect, it } from 'vitest'
import { createTestSigner } from '../testing/gate-signers.ts'
import { resolveTrust } from './resolve-trust.ts'
import type { VerificationTrust } from './verification-trust.ts'

const pem = createTestSigner().publicKey
const never = new Date(Number.NaN)

describe('resolveTrust', () => {
  it.each<[string, unknown]>([
    ['a threshold below zero', { thresholds: { log: -1 } }],
    ['a threshold that is no number', { thresholds: { time: Number.NaN } }],
    ['a part of a threshold', { thresholds: { ctLog: 0.5 } }],
    ['a threshold of something else', { thresholds: { logs: 2 } }],
    ['a key from no time on', { keys: [{ pem, validFor: { start: never } }] }],
    ['a key until no time', { keys: [{ pem, validFor: { end: never } }] }],
    ['an identity without a subject', { identities: [{ issuer: 'i' }] }],
    ['a claim that is no text', { identities: [{ issuer: 'i', subject: 's', claims: { a: 1 } }] }],
  ])('refuses %s', (_, trust) => {
    expect(() => resolveTrust(trust as VerificationTrust)).toThrow(
      expect.objectContaining({ code: 'TRUST_INVALID' }),
    )
  })

  it('takes no identities for none, and what is not said for all', () => {
    expect(resolveTrust({ identities: [] }).identities).toEqual([])
    expect(resolveTrust({}).identities).toBeUndefined()
  })
})
