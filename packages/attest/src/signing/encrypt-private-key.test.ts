import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { acceptableAlgorithms } from './acceptable-algorithms.ts'
import { encryptPrivateKey } from './encrypt-private-key.ts'
import { generateSigningKey } from './generate-signing-key.ts'
import { keySigner } from './key-signer.ts'
import { parsePublicKey } from './parse-public-key.ts'
import { verifiesSignature } from './verifies-signature.ts'

const content = Buffer.from('content')
const pair = generateSigningKey()
const bodyOf = (pem: string): unknown =>
  JSON.parse(Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64').toString('utf8'))

describe('generateSigningKey', () => {
  it.each([
    'ecdsa-sha2-256-nistp256',
    'ecdsa-sha2-384-nistp384',
    'ecdsa-sha2-256-nistp384',
    'ecdsa-sha2-512-nistp521',
    'ecdsa-sha2-256-nistp521',
    'rsa-sign-pkcs1-2048-sha256',
    'rsa-sign-pkcs1-3072-sha256',
    'rsa-sign-pkcs1-4096-sha256',
    'rsa-sign-pss-2048-sha256',
    'rsa-sign-pss-3072-sha256',
    'rsa-sign-pss-4096-sha256',
    'ed25519',
    'ed25519-ph',
  ] as const)('makes a key that signs with %s', { timeout: 60_000 }, async (algorithm) => {
    const { privateKey, publicKey } = generateSigningKey({ algorithm })
    expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    const signer = keySigner(privateKey, { algorithm })
    expect(signer).toMatchObject({ algorithm, publicKey })
    const { key } = parsePublicKey(publicKey)
    expect(acceptableAlgorithms(key)).toContain(algorithm)
    expect(verifiesSignature(key, content, await signer.sign(content), algorithm)).toBe(true)
  })

  it('makes a key on P-256 unless told otherwise', () => {
    expect(keySigner(generateSigningKey().privateKey).algorithm).toBe('ecdsa-sha2-256-nistp256')
  })

  it.each([
    ['letters of all kinds and lines', 'Wörter 🔑 with\nlines'],
    ['5000 letters, each of which counts', 'x'.repeat(5000)],
  ])('encrypts the key with a passphrase of %s', (_, passphrase) => {
    const { privateKey, publicKey } = generateSigningKey({ passphrase })
    expect(privateKey).toMatch(/^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n([\w+/=]{1,64}\n)+-----END /)
    expect(keySigner(privateKey, { passphrase }).publicKey).toBe(publicKey)
    expect(() => keySigner(privateKey, { passphrase: `${passphrase}.` })).toThrow(/does not open/)
    expect(() => keySigner(privateKey)).toThrow(/give its passphrase/)
  })
})

describe('encryptPrivateKey', () => {
  it('writes what cosign writes, with fresh random bytes each time', () => {
    const bodies = [1, 2].map(() => bodyOf(encryptPrivateKey(pair.privateKey, { passphrase: 'new' })))
    const base64 = (bytes: number): unknown =>
      expect.stringMatching(new RegExp(`^[A-Za-z0-9+/]{${Math.ceil((bytes * 8) / 6)}}={0,2}$`))
    for (const body of bodies) {
      expect(body).toEqual({
        kdf: { name: 'scrypt', params: { N: 65536, r: 8, p: 1 }, salt: base64(32) },
        cipher: { name: 'nacl/secretbox', nonce: base64(24) },
        ciphertext: expect.any(String) as string,
      })
    }
    const [one, two] = bodies as { kdf: { salt: string }; cipher: { nonce: string }; ciphertext: string }[]
    expect(one?.kdf.salt).not.toBe(two?.kdf.salt)
    expect(one?.cipher.nonce).not.toBe(two?.cipher.nonce)
    expect(one?.ciphertext).not.toBe(two?.ciphertext)
  })

  it('changes the passphrase of an encrypted key', () => {
    const old = encryptPrivateKey(pair.privateKey, { passphrase: 'old' })
    expect(() => encryptPrivateKey(old, { passphrase: 'new' })).toThrow(/give its passphrase/)
    const renewed = encryptPrivateKey(old, { currentPassphrase: 'old', passphrase: 'new' })
    expect(keySigner(renewed, { passphrase: 'new' }).publicKey).toBe(pair.publicKey)
    expect(() => keySigner(renewed, { passphrase: 'old' })).toThrow(/does not open/)
  })

  it('takes a key object, and no letters for a passphrase', () => {
    const encrypted = encryptPrivateKey(createPrivateKey(pair.privateKey), { passphrase: '' })
    expect(keySigner(encrypted, { passphrase: '' }).publicKey).toBe(pair.publicKey)
  })

  it.each([
    ['a public key', createPublicKey(pair.publicKey)],
    ['the PEM of a public key', pair.publicKey],
    ['a secret', createSecretKey(Buffer.alloc(32))],
  ])('refuses %s', (_, key) => {
    expect(() => encryptPrivateKey(key, { passphrase: 'new' })).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID' }) as Error,
    )
  })
})
