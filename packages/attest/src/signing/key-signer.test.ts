import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttestError } from '../errors.ts'
import { cosignBox, type CosignBoxOptions } from '../testing/cosign-box.ts'
import { defaultAlgorithm } from './acceptable-algorithms.ts'
import { generateSigningKey } from './generate-signing-key.ts'
import { keySigner } from './key-signer.ts'
import { parsePublicKey } from './parse-public-key.ts'
import { toPem } from './pem-block.ts'
import { verifiesSignature } from './verifies-signature.ts'

const passphrase = 'a phrase not to be seen'
const content = Buffer.from('content')
const ec = createPrivateKey(generateSigningKey().privateKey)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const encryption = { cipher: 'aes-256-cbc', passphrase } as const
const pem = (key: typeof ec, type: 'pkcs8' | 'sec1' | 'pkcs1', options = {}): string =>
  key.export({ type, format: 'pem', ...options } as { type: 'pkcs8'; format: 'pem' }).toString()

/** A private key in cosign's form; the one on P-256 unless another is given. */
const box = (options: Partial<CosignBoxOptions> = {}): string =>
  cosignBox({ plain: ec.export({ type: 'pkcs8', format: 'der' }), passphrase, ...options })

function errorOf(run: () => unknown): AttestError {
  try {
    run()
  } catch (error) {
    if (error instanceof AttestError) return error
    throw error
  }
  throw new Error('it was accepted')
}

const privateKeys: readonly (readonly [string, KeyObject, 'sec1' | 'pkcs1' | undefined])[] = [
  ['ECDSA on P-256', ec, 'sec1'],
  ['ECDSA on P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'sec1'],
  ['ECDSA on P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey, 'sec1'],
  ['RSA of 2048 bits', rsa, 'pkcs1'],
  ['RSA of 3072 bits', generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey, 'pkcs1'],
  ['Ed25519', generateKeyPairSync('ed25519').privateKey as KeyObject, undefined],
]
const forms = privateKeys.flatMap(([name, key, type]): [string, KeyObject, string | KeyObject][] => [
  [`${name} in PKCS#8`, key, pem(key, 'pkcs8')],
  [`${name} in encrypted PKCS#8`, key, pem(key, 'pkcs8', encryption)],
  [`${name} in cosign's form`, key, box({ plain: key.export({ type: 'pkcs8', format: 'der' }) })],
  [
    `${name} in cosign's older form`,
    key,
    box({ label: 'ENCRYPTED COSIGN PRIVATE KEY', plain: key.export({ type: 'pkcs8', format: 'der' }) }),
  ],
  [`${name} with CRLF and text around`, key, `Key:\r\n${pem(key, 'pkcs8').replaceAll('\n', '\r\n')}\r\nend`],
  [`${name} as a key object`, key, key],
  ...(type === undefined
    ? []
    : ([
        [`${name} in ${type}`, key, pem(key, type)],
        [`${name} in encrypted ${type}`, key, pem(key, type, encryption)],
      ] satisfies [string, KeyObject, string][])),
])

describe('keySigner', () => {
  it.each([
    ...forms,
    [
      'ECDSA in SEC1 after a block of parameters',
      ec,
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(ec, 'sec1')}`,
    ],
  ] as const)('signs with %s', async (_, key, given) => {
    const signer = keySigner(given, { passphrase })
    const publicKey = createPublicKey(key)
    expect(signer.publicKey).toBe(publicKey.export({ type: 'spki', format: 'pem' }))
    expect(signer.keyId).toBe(parsePublicKey(signer.publicKey).keyId)
    expect(signer.algorithm).toBe(defaultAlgorithm(publicKey))
    expect(verifiesSignature(publicKey, content, await signer.sign(content), signer.algorithm)).toBe(true)
  })

  it.each(['rsa-sign-pss-2048-sha256', 'rsa-sign-pkcs1-2048-sha256'] as const)(
    'signs with %s when told to',
    async (algorithm) => {
      const signer = keySigner(rsa, { algorithm })
      expect(signer.algorithm).toBe(algorithm)
      expect(verifiesSignature(createPublicKey(rsa), content, await signer.sign(content), algorithm)).toBe(
        true,
      )
    },
  )

  it.each(['ed25519', 'rsa-sign-pss-3072-sha256', 'ecdsa-sha2-256-nistp256'] as const)(
    'refuses to sign with %s and an RSA key of 2048 bits',
    (algorithm) => {
      expect(errorOf(() => keySigner(rsa, { algorithm })).code).toBe('KEY_UNSUPPORTED')
    },
  )

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
      box({ plain: p224.export({ type: 'pkcs8', format: 'der' }) }),
    ],
    ['a public key', 'KEY_INVALID', generateSigningKey().publicKey],
    ['a public key object', 'KEY_INVALID', createPublicKey(ec)],
    ['a secret', 'KEY_INVALID', createSecretKey(randomBytes(32))],
    ['no PEM', 'KEY_INVALID', pem(ec, 'pkcs8').split('\n')[1]!],
    ['nothing', 'KEY_INVALID', ''],
    [
      'SEC1 inside the form of cosign',
      'KEY_INVALID',
      box({ plain: ec.export({ type: 'sec1', format: 'der' }) }),
    ],
    [
      'a PGP block',
      'KEY_INVALID',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n-----END PGP PRIVATE KEY BLOCK-----\n',
    ],
    ['a block that does not end', 'KEY_INVALID', pem(ec, 'pkcs8') + pem(rsa, 'pkcs8').slice(0, 200)],
    ['two keys', 'KEY_INVALID', pem(ec, 'pkcs8') + pem(rsa, 'pkcs8')],
    ['a cut key', 'KEY_INVALID', pem(ec, 'pkcs8').replace(/.{40}\n-----END/, '\n-----END')],
    ['too long a text', 'KEY_INVALID', pem(ec, 'pkcs8') + ' '.repeat(70_000)],
    ['rubbish in the form of cosign', 'KEY_INVALID', box({ plain: Buffer.from('rubbish') })],
    ['a nonce of the wrong length', 'KEY_INVALID', box({ nonceBytes: 12 })],
    ['scrypt that takes too much memory', 'KEY_INVALID', box({ claimedN: 2 ** 22 })],
    ['scrypt parameters beyond 32 bits', 'KEY_INVALID', box({ claimedN: 2 ** 40 })],
    ['scrypt parameters that are no power of two', 'KEY_INVALID', box({ claimedN: 1000 })],
  ])('refuses %s with %s', (_, code, given) => {
    expect(errorOf(() => keySigner(given, { passphrase })).code).toBe(code)
  })

  it.each([
    ['encrypted PKCS#8', pem(ec, 'pkcs8', encryption)],
    ['encrypted PKCS#1', pem(rsa, 'pkcs1', encryption)],
    ['the form of cosign', box()],
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

  it.each([
    ['PKCS#8', pem(ec, 'pkcs8')],
    ['encrypted SEC1', pem(ec, 'sec1', encryption)],
    ['the form of cosign', box()],
  ])('reads %s with one character changed as the same key or not at all', (_, given) => {
    const { publicKey } = keySigner(given, { passphrase })
    const change = fc.tuple(fc.nat(given.length - 1), fc.constantFrom(...'AZaz09+/=-\n {"'))
    fc.assert(
      fc.property(change, ([index, character]) => {
        const changed = given.slice(0, index) + character + given.slice(index + 1)
        try {
          return keySigner(changed, { passphrase }).publicKey === publicKey
        } catch (error) {
          return error instanceof AttestError && error.code.startsWith('KEY_')
        }
      }),
      { numRuns: 200 },
    )
  })

  it('rejects with the reason of an abort', async () => {
    const reason = new Error('enough')
    await expect(keySigner(ec).sign(content, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('parsePublicKey', () => {
  const spki = createPublicKey(rsa).export({ type: 'spki', format: 'der' })
  it.each([
    ['a private key', pem(ec, 'pkcs8')],
    ['no PEM', 'key'],
    ['a damaged key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
    ['too long a text', generateSigningKey().publicKey + ' '.repeat(20_000)],
    ['bytes after the key', toPem('PUBLIC KEY', Buffer.concat([spki, Buffer.alloc(1)]))],
    ['SPKI under the label of PKCS#1', toPem('RSA PUBLIC KEY', spki)],
    ['two keys', generateSigningKey().publicKey + generateSigningKey().publicKey],
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
