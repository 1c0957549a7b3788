import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { PublicKeyDetails } from '@sigstore/protobuf-specs'
import { describe, expect, it } from 'vitest'
import { acceptableAlgorithms, defaultAlgorithm } from './acceptable-algorithms.ts'
import { algorithmOfKeyDetails, keyDetailsOf, signatureHash } from './algorithm-registry.ts'
import { signContent } from './sign-content.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'
import { verifiesAsWritten, verifiesSignature } from './verifies-signature.ts'

const content = Buffer.from('content')
const ecKey = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsaKey = (modulusLength: number): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey
const keys = {
  'P-256': ecKey('P-256'),
  'P-384': ecKey('P-384'),
  'P-521': ecKey('P-521'),
  'RSA 2048': rsaKey(2048),
  'RSA 3072': rsaKey(3072),
  'RSA 4096': rsaKey(4096),
  Ed25519: generateKeyPairSync('ed25519').privateKey as KeyObject,
}
type KeyName = keyof typeof keys

/** Writes the length of a short sequence anew. */
const withLength = (der: string): string =>
  `30${(der.length / 2 - 2).toString(16).padStart(2, '0')}${der.slice(4)}`
const padded = (_: string, length: string, rest: string): string =>
  `300002${(Number.parseInt(length, 16) + 1).toString(16).padStart(2, '0')}00${rest}`

const table: readonly (readonly [
  SignatureAlgorithm,
  KeyName,
  string | undefined,
  keyof typeof PublicKeyDetails,
])[] = [
  ['ecdsa-sha2-256-nistp256', 'P-256', 'sha256', 'PKIX_ECDSA_P256_SHA_256'],
  ['ecdsa-sha2-384-nistp384', 'P-384', 'sha384', 'PKIX_ECDSA_P384_SHA_384'],
  ['ecdsa-sha2-256-nistp384', 'P-384', 'sha256', 'PKIX_ECDSA_P384_SHA_256'],
  ['ecdsa-sha2-512-nistp521', 'P-521', 'sha512', 'PKIX_ECDSA_P521_SHA_512'],
  ['ecdsa-sha2-256-nistp521', 'P-521', 'sha256', 'PKIX_ECDSA_P521_SHA_256'],
  ['rsa-sign-pkcs1-2048-sha256', 'RSA 2048', 'sha256', 'PKIX_RSA_PKCS1V15_2048_SHA256'],
  ['rsa-sign-pkcs1-3072-sha256', 'RSA 3072', 'sha256', 'PKIX_RSA_PKCS1V15_3072_SHA256'],
  ['rsa-sign-pkcs1-4096-sha256', 'RSA 4096', 'sha256', 'PKIX_RSA_PKCS1V15_4096_SHA256'],
  ['rsa-sign-pss-2048-sha256', 'RSA 2048', 'sha256', 'PKIX_RSA_PSS_2048_SHA256'],
  ['rsa-sign-pss-3072-sha256', 'RSA 3072', 'sha256', 'PKIX_RSA_PSS_3072_SHA256'],
  ['rsa-sign-pss-4096-sha256', 'RSA 4096', 'sha256', 'PKIX_RSA_PSS_4096_SHA256'],
  ['ed25519', 'Ed25519', undefined, 'PKIX_ED25519'],
  ['ed25519-ph', 'Ed25519', 'sha512', 'PKIX_ED25519_PH'],
]

describe('the algorithms', () => {
  it.each(table)('%s is one of %s, over %s, numbered %s', (algorithm, name, hash, details) => {
    expect(acceptableAlgorithms(keys[name])).toContain(algorithm)
    expect(signatureHash(algorithm)).toBe(hash)
    expect(keyDetailsOf(algorithm)).toBe(details)
    expect(algorithmOfKeyDetails(PublicKeyDetails[details])).toBe(algorithm)
  })

  it('are no more than these', () => {
    const accepted = Object.values(keys).flatMap((key) => acceptableAlgorithms(key))
    expect(accepted.toSorted()).toEqual(table.map(([algorithm]) => algorithm).toSorted())
  })

  it.each([
    'PUBLIC_KEY_DETAILS_UNSPECIFIED',
    'PKIX_RSA_PKCS1V5',
    'PKIX_ECDSA_P256_HMAC_SHA_256',
    'ML_DSA_65',
  ] as const)('are none of %s', (details) => {
    expect(algorithmOfKeyDetails(PublicKeyDetails[details])).toBeUndefined()
  })

  it.each([
    ['P-256', 'ecdsa-sha2-256-nistp256'],
    ['P-384', 'ecdsa-sha2-384-nistp384'],
    ['P-521', 'ecdsa-sha2-512-nistp521'],
    ['RSA 2048', 'rsa-sign-pkcs1-2048-sha256'],
    ['RSA 3072', 'rsa-sign-pkcs1-3072-sha256'],
    ['RSA 4096', 'rsa-sign-pkcs1-4096-sha256'],
    ['Ed25519', 'ed25519'],
  ] as const)('default for %s to %s', (name, algorithm) => {
    expect(defaultAlgorithm(keys[name])).toBe(algorithm)
  })
})

describe('verifiesSignature', () => {
  it.each(table)(
    'takes what signContent made with %s, in this algorithm and in no other',
    async (algorithm, name) => {
      const signature = await signContent(keys[name], content, algorithm)
      const publicKey = createPublicKey(keys[name])
      expect(verifiesSignature(publicKey, content, signature)).toBe(true)
      for (const [other] of table) {
        expect(verifiesSignature(publicKey, content, signature, other)).toBe(other === algorithm)
        expect(verifiesAsWritten(publicKey, content, signature, other)).toBe(other === algorithm)
      }
      for (const [otherName, key] of Object.entries(keys))
        expect(verifiesSignature(createPublicKey(key), content, signature)).toBe(otherName === name)
    },
  )

  it.each(table)(
    'refuses %s when a bit of the signature or the content is another',
    async (algorithm, name) => {
      const signature = await signContent(keys[name], content, algorithm)
      const publicKey = createPublicKey(keys[name])
      for (const index of [0, 1, signature.length >> 1, signature.length - 1]) {
        const changed = Buffer.from(signature)
        changed[index]! ^= 1
        expect(verifiesSignature(publicKey, content, changed)).toBe(false)
      }
      expect(verifiesSignature(publicKey, Buffer.from('Content'), signature)).toBe(false)
      expect(verifiesSignature(publicKey, content, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false)
      expect(verifiesSignature(publicKey, content, signature.subarray(0, -1))).toBe(false)
      expect(verifiesSignature(publicKey, content, Buffer.alloc(0))).toBe(false)
    },
  )

  it.each([
    ['ECDSA on P-256 with SHA-1', 'P-256', 'sha1', {}],
    ['ECDSA on P-256 with SHA-512', 'P-256', 'sha512', {}],
    ['ECDSA on P-384 with SHA-1', 'P-384', 'sha1', {}],
    ['RSA with SHA-1', 'RSA 2048', 'sha1', {}],
    ['RSA with SHA-512', 'RSA 2048', 'sha512', {}],
  ] as const)('refuses %s', (_, name, hash, options) => {
    const signature = sign(hash, content, { key: keys[name], ...options })
    const publicKey = createPublicKey(keys[name])
    expect(verify(hash, content, { key: publicKey, ...options }, signature)).toBe(true)
    expect(verifiesSignature(publicKey, content, signature)).toBe(false)
  })

  it.each([
    ['P-256', 'sha256', 'ecdsa-sha2-256-nistp256'],
    ['P-384', 'sha384', 'ecdsa-sha2-384-nistp384'],
    ['P-521', 'sha512', 'ecdsa-sha2-512-nistp521'],
  ] as const)('takes r and s side by side on %s, but not as written here', (name, hash, algorithm) => {
    const signature = sign(hash, content, { key: keys[name], dsaEncoding: 'ieee-p1363' })
    const publicKey = createPublicKey(keys[name])
    expect(verifiesSignature(publicKey, content, signature)).toBe(true)
    expect(verifiesSignature(publicKey, content, signature, algorithm)).toBe(true)
    expect(verifiesSignature(publicKey, content, Buffer.concat([Buffer.alloc(1), signature]))).toBe(false)
    expect(verifiesAsWritten(publicKey, content, signature, algorithm)).toBe(false)
  })

  it.each<[string, (der: string) => string]>([
    ['a byte behind it', (der) => `${der}00`],
    ['a length in more bytes than needed', (der) => der.replace(/^30(..)/, '3081$1')],
    ['a length without end', (der) => der.replace(/^30../, '3080') + '0000'],
    ['a zero too many in front of r', (der) => withLength(der.replace(/^30..02(..)(.*)/, padded))],
    ['a third number', (der) => withLength(`${der}020101`)],
    ['the tag of a set', (der) => der.replace(/^30/, '31')],
  ])('refuses ECDSA in DER with %s', (_, change) => {
    const publicKey = createPublicKey(keys['P-256'])
    const signature = sign('sha256', content, keys['P-256'])
    expect(verifiesSignature(publicKey, content, signature)).toBe(true)
    const changed = Buffer.from(change(signature.toString('hex')), 'hex')
    expect(changed.equals(signature)).toBe(false)
    expect(verifiesSignature(publicKey, content, changed)).toBe(false)
  })

  it.each(['0000', '3006020100020100', '00'.repeat(64), 'ff'.repeat(64), '30060201ff0201ff'])(
    'refuses numbers that are out of range: %s',
    (hex) => {
      const signature = Buffer.from(hex, 'hex')
      expect(verifiesSignature(createPublicKey(keys['P-256']), content, signature)).toBe(false)
    },
  )

  it.each([0, 20, 32, 190, constants.RSA_PSS_SALTLEN_MAX_SIGN])(
    'takes PSS with a salt of %s',
    (saltLength) => {
      const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
      const signature = sign('sha256', content, { key: keys['RSA 2048'], ...options })
      expect(verifiesSignature(createPublicKey(keys['RSA 2048']), content, signature)).toBe(true)
    },
  )

  it.each([
    ['on P-224', ecKey('secp224r1')],
    ['on secp256k1', ecKey('secp256k1')],
    ['of RSA with 1024 bits', rsaKey(1024)],
  ] as const)('refuses a signature by a key %s', (_, key) => {
    expect(verifiesSignature(createPublicKey(key), content, sign('sha256', content, key))).toBe(false)
  })
})

describe('signContent', () => {
  it('makes the Ed25519ph signature of RFC 8032, section 7.3', async () => {
    const seed = '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42'
    const der = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex')
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const signature = await signContent(key, Buffer.from('abc'), 'ed25519-ph')
    expect(Buffer.from(signature).toString('hex')).toBe(
      '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' +
        '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
    )
    expect(verifiesSignature(createPublicKey(key), Buffer.from('abc'), signature, 'ed25519-ph')).toBe(true)
  })

  it('refuses an algorithm of another key', async () => {
    await expect(signContent(keys['P-256'], content, 'ed25519')).rejects.toMatchObject({
      code: 'KEY_UNSUPPORTED',
    })
    await expect(signContent(keys['RSA 2048'], content, 'rsa-sign-pss-4096-sha256')).rejects.toMatchObject({
      code: 'KEY_UNSUPPORTED',
    })
  })
})
