import { describe, expect, it } from 'vitest'
import { createTestSigner } from '../testing/gate-signers.ts'
import { acceptSigners } from './accept-signers.ts'

const now = new Date('2026-01-01T00:00:00Z')
const [known, stranger] = [createTestSigner(), createTestSigner()]
const byKey = ({ keyId }: { readonly keyId: string }, ...times: readonly Date[]) => ({
  signer: { kind: 'key' as const, keyId },
  times: times.map((time) => ({ source: 'timestamp-authority' as const, time })),
})
const later = new Date(now.getTime() + 1)
const certificate = (subject: string) => ({
  signer: { kind: 'certificate' as const, issuer: 'https://issuer.example', subject, claims: {} },
  times: [],
})

describe('acceptSigners', () => {
  const check = acceptSigners(
    {
      keys: [{ pem: known.publicKey, validFor: { end: now } }],
      identities: [{ issuer: 'https://issuer.example', subject: { pattern: 'ci@.*' } }],
    },
    'image signature',
  )

  it.each([
    ['a listed key', byKey(known), now, undefined],
    ['a listed key after its time', byKey(known), later, 'key-not-valid'],
    ['a listed key before the end of its time, asked later', byKey(known, now), later, undefined],
    ['a listed key after its time, asked before', byKey(known, later), now, 'key-not-valid'],
    ['a listed key at two times, one of them too late', byKey(known, now, later), now, 'key-not-valid'],
    ['another key', byKey(stranger), now, 'signer-not-accepted'],
    ['a listed identity', certificate('ci@team.example'), now, undefined],
    ['another identity', certificate('me@team.example'), now, 'signer-not-accepted'],
  ])('judges a signature by %s', (_, evidence, at, code) => {
    expect(check(evidence, at)?.code).toBe(code)
  })

  it('refuses to trust nobody', () => {
    expect(() => acceptSigners({}, 'image signature')).toThrow(
      expect.objectContaining({ code: 'REQUIREMENT_INVALID' }),
    )
  })
})
