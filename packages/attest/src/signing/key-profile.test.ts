import { createPublicKey, ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { requireSupportedKey } from './key-profile.ts'
import { parsePublicKey } from './parse-public-key.ts'
import { toPem } from './pem-block.ts'

/** A public key of RSA whose numbers need not make sense. */
function rsaKey(modulus: bigint, exponent = 65537n): KeyObject {
  const base64url = (value: bigint): string => {
    const hex = value.toString(16)
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
  }
  const key = { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) }
  return createPublicKey({ key, format: 'jwk' })
}

function hasSmallFactor(number: bigint): boolean {
  for (let factor = 2n; factor <= 751n; factor++) if (number % factor === 0n) return true
  return false
}

/** The first number of the row that has no small factor. */
function firstOf(start: bigint, step: bigint): bigint {
  let number = start
  while (hasSmallFactor(number)) number += step
  return number
}

const sound = firstOf(2n ** 2047n + 3n ** 1000n, 2n)
const near = firstOf(2n ** 1023n + 2n ** 1022n + 1n, 2n)
const primes = Array.from({ length: 166 }, (_, index) => BigInt(index + 2)).filter((number) => {
  for (let factor = 2n; factor < number; factor++) if (number % factor === 0n) return false
  return true
})
const primorial = primes.reduce((product, prime) => product * prime, 1n)
const power = 65537n ** 77n % primorial
const infineon = firstOf(power + (2n ** 2047n / primorial + 1n) * primorial, primorial)

describe('requireSupportedKey', () => {
  it('takes the modulus that the bad ones are compared with', () => {
    expect(requireSupportedKey(rsaKey(sound)).asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  it.each([
    ['RSA of 1024 bits', rsaKey(2n ** 1023n + 1n), /1024/],
    ['RSA of 2047 bits', rsaKey(2n ** 2046n + 1n), /2047/],
    ['RSA of 2056 bits', rsaKey(2n ** 2055n + 1n), /2056/],
    ['RSA of 5120 bits', rsaKey(2n ** 5119n + 1n), /5120/],
    ['RSA of 16384 bits', rsaKey(2n ** 16383n + 1n), /16384/],
    ['RSA with exponent 1', rsaKey(sound, 1n), /exponent/],
    ['RSA with exponent 3', rsaKey(sound, 3n), /exponent/],
    ['RSA with an even exponent', rsaKey(sound, 65538n), /exponent/],
    ['RSA with another large exponent', rsaKey(sound, 2n ** 40n + 1n), /exponent/],
    ['RSA with a modulus that 2 divides', rsaKey(2n ** 2047n), /small factor/],
    ['RSA with a modulus that 751 divides', rsaKey((sound / 751n) * 751n), /small factor/],
    ['RSA with factors side by side', rsaKey(near * firstOf(near + 2n, 2n)), /near to each other/],
    ['RSA with a square', rsaKey(near * near), /near to each other/],
    ['RSA as bad chips make it', rsaKey(infineon), /ROCA/],
    ['RSA for PSS only', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, /rsa-pss/],
    ['ECDSA on P-224', generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey, /secp224r1/],
    ['ECDSA on secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, /secp256k1/],
    [
      'ECDSA on a Brainpool curve',
      generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey,
      /brainpoolP256r1/,
    ],
    ['DSA', generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey, /dsa/],
    ['Ed448', generateKeyPairSync('ed448').publicKey as KeyObject, /ed448/],
    ['X25519', generateKeyPairSync('x25519').publicKey as KeyObject, /x25519/],
  ])('refuses %s', (_, key, message) => {
    let thrown: unknown
    try {
      requireSupportedKey(key)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      name: 'AttestError',
      code: 'KEY_UNSUPPORTED',
      message: expect.stringMatching(message) as string,
    })
  })

  const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(26)
  const compressed = ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'compressed') as Buffer
  const named = '301306072a8648ce3d020106082a8648ce3d030107'
  const infinity = Buffer.from(`3019${named}03020000`, 'hex')
  /** Every parameter of P-256, spelled out as X9.62 allows. */
  const explicit =
    '3082014b3082010306072a8648ce3d02013081f7020101302c06072a8648ce3d0101022100ffffffff00000001000000000000000000000000' +
    'ffffffffffffffffffffffff305b0420ffffffff00000001000000000000000000000000fffffffffffffffffffffffc04205ac635d8aa3a93' +
    'e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d360886e704936a6678e1139d26b7819f7e900441046b17d1f2e12c' +
    '4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51' +
    'f5022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63255102010103420004'

  it.each([
    [
      'with parameters that are spelled out',
      Buffer.concat([Buffer.from(explicit, 'hex'), point.subarray(1)]),
    ],
    ['with a compressed point', Buffer.concat([Buffer.from(`3039${named}032200`, 'hex'), compressed])],
    ['with the point at infinity', infinity],
  ])('refuses a key on P-256 %s, though OpenSSL calls it one', (_, der) => {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    expect(() => parsePublicKey(toPem('PUBLIC KEY', der))).toThrow(
      expect.objectContaining({ code: 'KEY_UNSUPPORTED' }) as Error,
    )
  })

  it('refuses a point that is not on its curve', () => {
    const der = publicKey.export({ type: 'spki', format: 'der' })
    der[der.length - 1]! ^= 1
    expect(() => parsePublicKey(toPem('PUBLIC KEY', der))).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID' }) as Error,
    )
  })

  it.each([
    ['the neutral one', `01${'00'.repeat(31)}`],
    ['of order 2', `ec${'ff'.repeat(30)}7f`],
    ['of order 4', '00'.repeat(32)],
    ['of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['off the curve', `02${'00'.repeat(31)}`],
  ])('refuses an Ed25519 key whose point is %s', (_, hex) => {
    const der = Buffer.from(`302a300506032b6570032100${hex}`, 'hex')
    expect(() => parsePublicKey(toPem('PUBLIC KEY', der))).toThrow(
      expect.objectContaining({ code: 'KEY_UNSUPPORTED' }) as Error,
    )
  })
})
