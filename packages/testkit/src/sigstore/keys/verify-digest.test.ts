import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import { verifiesDigest } from './verify-digest.ts'

const content = Buffer.from('content')
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const prehashed = (key: KeyObject): Buffer =>
  Buffer.from(ed25519ph.sign(content, Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url')))

describe('verifiesDigest', () => {
  it.each([
    ['P-256', ec('P-256'), 'sha256'],
    ['P-384', ec('P-384'), 'sha384'],
    ['P-521', ec('P-521'), 'sha512'],
    ['RSA', rsa, 'sha256'],
    ['RSA', rsa, 'sha512'],
    ['Ed25519ph', ed25519, 'sha512'],
  ])('verifies a signature of %s by the digest alone', (_, key, hash) => {
    const digest = createHash(hash).update(content).digest()
    const signature = key === ed25519 ? prehashed(key) : sign(hash, content, key)
    const publicKey = createPublicKey(key)
    expect(verifiesDigest(publicKey, digest, signature)).toBe(true)
    const otherDigest = createHash(hash).update('other').digest()
    expect(verifiesDigest(publicKey, otherDigest, signature)).toBe(false)
    const otherKey = createPublicKey(ec('P-256'))
    expect(verifiesDigest(otherKey, digest, signature)).toBe(false)
  })

  it('does not take plain Ed25519, whose content must be known', () => {
    const digest = createHash('sha512').update(content).digest()
    expect(verifiesDigest(createPublicKey(ed25519), digest, sign(null, content, ed25519))).toBe(false)
  })
})
