import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import type { DigestAlgorithm } from './unverified-signature.ts'
import { verifiesDigest } from './verify-digest.ts'

const content = Buffer.from('content')
const digestOf = (algorithm: DigestAlgorithm) => ({
  algorithm,
  digest: createHash(algorithm).update(content).digest(),
})
const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength })
const [small, large] = [rsa(2048), rsa(3072)]
const ed25519 = generateKeyPairSync('ed25519')

function signPh(key: KeyObject): Uint8Array {
  const { d = '' } = key.export({ format: 'jwk' })
  return ed25519ph.sign(content, Buffer.from(d, 'base64url'))
}

type Row = readonly [
  string,
  { publicKey: KeyObject; privateKey: KeyObject },
  DigestAlgorithm,
  (key: KeyObject) => Uint8Array,
]
const rows: readonly Row[] = [
  ['ECDSA on P-256', ec('P-256'), 'sha256', (key) => sign('sha256', content, key)],
  ['ECDSA on P-384', ec('P-384'), 'sha384', (key) => sign('sha384', content, key)],
  ['ECDSA on P-384 as cosign 2 signs', ec('P-384'), 'sha256', (key) => sign('sha256', content, key)],
  ['ECDSA on P-521', ec('P-521'), 'sha512', (key) => sign('sha512', content, key)],
  [
    'ECDSA with r and s side by side',
    ec('P-256'),
    'sha256',
    (key) => sign('sha256', content, { key, dsaEncoding: 'ieee-p1363' }),
  ],
  ['RSA of 2048 bits', small, 'sha256', (key) => sign('sha256', content, key)],
  ['RSA of 3072 bits', large, 'sha256', (key) => sign('sha256', content, key)],
  [
    'RSA-PSS with a salt of the hash length',
    small,
    'sha256',
    (key) => sign('sha256', content, { key, ...pss(32) }),
  ],
  ['RSA-PSS without a salt', large, 'sha256', (key) => sign('sha256', content, { key, ...pss(0) })],
  [
    'RSA-PSS with the longest salt',
    small,
    'sha256',
    (key) => sign('sha256', content, { key, ...pss(2048 / 8 - 34) }),
  ],
  ['Ed25519ph', ed25519, 'sha512', signPh],
]

describe('verifiesDigest', () => {
  it.each(rows)('verifies %s, and nothing like it', (_, { publicKey, privateKey }, algorithm, make) => {
    const signature = Buffer.from(make(privateKey))
    expect(verifiesDigest(publicKey, digestOf(algorithm), signature)).toBe(true)
    const { digest } = digestOf(algorithm)
    for (const wrong of [digest.map((byte) => byte ^ 1), digest.subarray(1), Buffer.concat([digest, digest])])
      expect(verifiesDigest(publicKey, { algorithm, digest: wrong }, signature)).toBe(false)
    for (let at = 0; at < signature.length; at += 7) {
      const changed = Buffer.from(signature)
      changed[at] = changed[at]! ^ 0x10
      expect(verifiesDigest(publicKey, digestOf(algorithm), changed)).toBe(false)
    }
    for (const wrong of [
      signature.subarray(1),
      Buffer.concat([signature, Buffer.from([0])]),
      Buffer.alloc(0),
    ])
      expect(verifiesDigest(publicKey, digestOf(algorithm), wrong)).toBe(false)
  })

  it('takes no other algorithm than the one that is named', () => {
    const signature = sign('sha256', content, { key: small.privateKey, ...pss(32) })
    const verify = (algorithm: 'rsa-sign-pss-2048-sha256' | 'rsa-sign-pkcs1-2048-sha256') =>
      verifiesDigest(small.publicKey, digestOf('sha256'), signature, algorithm)
    expect(verify('rsa-sign-pss-2048-sha256')).toBe(true)
    expect(verify('rsa-sign-pkcs1-2048-sha256')).toBe(false)
  })

  it.each([
    ['PKCS #1', {}],
    ['PSS', pss(32)],
  ])('takes no RSA signature of %s without the zero that it begins with', (_, padding) => {
    for (let at = 0; ; at++) {
      const signature = sign('sha256', Buffer.from(`${at}`), { key: small.privateKey, ...padding })
      if (signature[0] !== 0) continue
      const value = { algorithm: 'sha256', digest: createHash('sha256').update(`${at}`).digest() } as const
      expect(verifiesDigest(small.publicKey, value, signature)).toBe(true)
      expect(verifiesDigest(small.publicKey, value, signature.subarray(1))).toBe(false)
      expect(verifiesDigest(small.publicKey, value, Buffer.concat([Buffer.from([0]), signature]))).toBe(false)
      return
    }
  })

  it('takes no signature of pure Ed25519, for which a digest does not stand', () => {
    const signature = sign(null, content, ed25519.privateKey)
    expect(verifiesDigest(ed25519.publicKey, digestOf('sha512'), signature)).toBe(false)
  })
})
