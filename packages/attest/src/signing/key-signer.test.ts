import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  scryptSync,
  verify,
} from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { describe, expect, it } from 'vitest'
import { AttestError } from '../errors.ts'
import { generateSigningKey } from './generate-signing-key.ts'
import { keySigner } from './key-signer.ts'
import { parsePublicKey } from './parse-public-key.ts'

const passphrase = 'a phrase not to be seen'
const content = Buffer.from('content')
const ec = createPrivateKey(generateSigningKey().privateKey)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const encryption = { cipher: 'aes-256-cbc', passphrase } as const
const pem = (key: typeof ec, type: 'pkcs8' | 'sec1' | 'pkcs1', options = {}): string =>
  key.export({ type, format: 'pem', ...options } as { type: 'pkcs8'; format: 'pem' }).toString()

interface BoxOptions {
  readonly label?: string
  readonly N?: number
  readonly claimedN?: number
  readonly plain?: Uint8Array
  readonly nonceBytes?: number
}

/** A private key in the encrypted form of cosign. */
function cosignBox({
  label = 'SIGSTORE',
  N = 1024,
  claimedN = N,
  plain,
  nonceBytes = 24,
}: BoxOptions = {}): string {
  const [salt, nonce] = [randomBytes(32), randomBytes(24)]
  const der = plain ?? ec.export({ type: 'pkcs8', format: 'der' })
  const ciphertext = xsalsa20poly1305(scryptSync(passphrase, salt, 32, { N, r: 8, p: 1 }), nonce).encrypt(der)
  const box = {
    kdf: { name: 'scrypt', params: { N: claimedN, r: 8, p: 1 }, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.subarray(0, nonceBytes).toString('base64') },
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  }
  const body = Buffer.from(JSON.stringify(box)).toString('base64').replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN ENCRYPTED ${label} PRIVATE KEY-----\n${body}\n-----END ENCRYPTED ${label} PRIVATE KEY-----\n`
}

function errorOf(run: () => unknown): AttestError {
  try {
    run()
  } catch (error) {
    if (error instanceof AttestError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('keySigner', () => {
  it.each([
    ['ECDSA in PKCS#8', ec, pem(ec, 'pkcs8')],
    ['ECDSA in SEC1', ec, pem(ec, 'sec1')],
    [
      'ECDSA in SEC1 after a block of parameters',
      ec,
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(ec, 'sec1')}`,
    ],
    ['ECDSA with CRLF', ec, pem(ec, 'pkcs8').replaceAll('\n', '\r\n')],
    ['RSA in PKCS#8', rsa, pem(rsa, 'pkcs8')],
    ['RSA in PKCS#1', rsa, pem(rsa, 'pkcs1')],
    ['encrypted PKCS#8', ec, pem(ec, 'pkcs8', encryption)],
    ['encrypted PKCS#1', rsa, pem(rsa, 'pkcs1', encryption)],
    ['the encrypted form of cosign', ec, cosignBox()],
    ['the older encrypted form of cosign', ec, cosignBox({ label: 'COSIGN' })],
    ['a key object', rsa, rsa],
  ])('signs with %s', async (_, key, given) => {
    const signer = keySigner(given, { passphrase })
    const publicKey = createPublicKey(key)
    expect(signer.publicKey).toBe(publicKey.export({ type: 'spki', format: 'pem' }))
    expect(signer.keyId).toBe(parsePublicKey(signer.publicKey).keyId)
    expect(verify('sha256', content, publicKey, await signer.sign(content))).toBe(true)
  })

  it('names the key by the digest of its DER form', () => {
    const signer = keySigner(ec)
    const body = signer.publicKey.replaceAll(/-----[^-]+-----|\s/g, '')
    const digest = createHash('sha256').update(Buffer.from(body, 'base64'))
    expect(signer.keyId).toBe(digest.digest('base64'))
  })

  const p224 = generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).privateKey
  const x25519 = generateKeyPairSync('x25519').privateKey as typeof ec
  const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const rsa3 = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey
  it.each([
    ['P-224', 'KEY_UNSUPPORTED', pem(p224, 'pkcs8')],
    ['P-224 as a key object', 'KEY_UNSUPPORTED', p224],
    ['X25519', 'KEY_UNSUPPORTED', pem(x25519, 'pkcs8')],
    ['RSA of 1024 bits', 'KEY_UNSUPPORTED', pem(rsa1024, 'pkcs1')],
    ['RSA with exponent 3', 'KEY_UNSUPPORTED', pem(rsa3, 'pkcs8')],
    [
      'P-224 inside the form of cosign',
      'KEY_UNSUPPORTED',
      cosignBox({ plain: p224.export({ type: 'pkcs8', format: 'der' }) }),
    ],
    ['a public key', 'KEY_INVALID', generateSigningKey().publicKey],
    ['a public key object', 'KEY_INVALID', createPublicKey(ec)],
    ['a secret', 'KEY_INVALID', createSecretKey(randomBytes(32))],
    ['no PEM', 'KEY_INVALID', pem(ec, 'pkcs8').split('\n')[1]!],
    ['nothing', 'KEY_INVALID', ''],
    ['two keys', 'KEY_INVALID', pem(ec, 'pkcs8') + pem(rsa, 'pkcs8')],
    ['a cut key', 'KEY_INVALID', pem(ec, 'pkcs8').replace(/.{40}\n-----END/, '\n-----END')],
    ['too long a text', 'KEY_INVALID', pem(ec, 'pkcs8') + ' '.repeat(70_000)],
    ['rubbish in the form of cosign', 'KEY_INVALID', cosignBox({ plain: Buffer.from('rubbish') })],
    ['a nonce of the wrong length', 'KEY_INVALID', cosignBox({ nonceBytes: 12 })],
    ['scrypt that takes too much memory', 'KEY_INVALID', cosignBox({ claimedN: 2 ** 22 })],
    ['scrypt parameters beyond 32 bits', 'KEY_INVALID', cosignBox({ claimedN: 2 ** 40 })],
    ['scrypt parameters that are no power of two', 'KEY_INVALID', cosignBox({ claimedN: 1000 })],
  ])('refuses %s with %s', (_, code, given) => {
    expect(errorOf(() => keySigner(given, { passphrase })).code).toBe(code)
  })

  it.each([
    ['encrypted PKCS#8', pem(ec, 'pkcs8', encryption)],
    ['encrypted PKCS#1', pem(rsa, 'pkcs1', encryption)],
    ['the form of cosign', cosignBox()],
  ])('does not open %s without the passphrase, and shows neither key nor passphrase', (_, given) => {
    for (const options of [{}, { passphrase: 'wrong-but-secret' }]) {
      const error = errorOf(() => keySigner(given, options))
      expect(error).toMatchObject({ name: 'AttestError', code: 'KEY_INVALID' })
      const shown = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`
      expect(shown).not.toContain('wrong-but-secret')
      for (const line of given.split('\n').filter((text) => text.length > 30 && !text.startsWith('--'))) {
        expect(shown).not.toContain(line)
      }
    }
  })

  it('rejects with the reason of an abort', async () => {
    const reason = new Error('enough')
    await expect(keySigner(ec).sign(content, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('parsePublicKey', () => {
  it.each([
    ['a private key', pem(ec, 'pkcs8')],
    ['no PEM', 'key'],
    ['a damaged key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
    ['too long a text', generateSigningKey().publicKey + ' '.repeat(20_000)],
  ])('refuses %s', (_, text) => {
    expect(errorOf(() => parsePublicKey(text)).code).toBe('KEY_INVALID')
  })

  it('refuses a private key beside a public one', () => {
    const both = generateSigningKey().publicKey + pem(ec, 'pkcs8')
    expect(errorOf(() => parsePublicKey(both)).code).toBe('KEY_INVALID')
    expect(errorOf(() => parsePublicKey(pem(ec, 'pkcs8') + generateSigningKey().publicKey)).code).toBe(
      'KEY_INVALID',
    )
  })

  it('gives PKCS#1 and SPKI the same name', () => {
    const key = createPublicKey(rsa)
    const forms = (['pkcs1', 'spki'] as const).map((type) => key.export({ type, format: 'pem' }).toString())
    expect(parsePublicKey(forms[0]!).keyId).toBe(parsePublicKey(forms[1]!).keyId)
  })
})
