import type { KeyObject } from 'node:crypto'
import { AttestError } from '../errors.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

const byCurve: Readonly<Record<string, readonly [SignatureAlgorithm, ...SignatureAlgorithm[]]>> = {
  prime256v1: ['ecdsa-sha2-256-nistp256'],
  secp384r1: ['ecdsa-sha2-384-nistp384', 'ecdsa-sha2-256-nistp384'],
  secp521r1: ['ecdsa-sha2-512-nistp521', 'ecdsa-sha2-256-nistp521'],
}
const byModulusLength: Readonly<Record<number, readonly [SignatureAlgorithm, ...SignatureAlgorithm[]]>> = {
  2048: ['rsa-sign-pkcs1-2048-sha256', 'rsa-sign-pss-2048-sha256'],
  3072: ['rsa-sign-pkcs1-3072-sha256', 'rsa-sign-pss-3072-sha256'],
  4096: ['rsa-sign-pkcs1-4096-sha256', 'rsa-sign-pss-4096-sha256'],
}

/**
 * Algorithms in which a signature by this key counts when nobody said which one was used; the first is
 * {@link defaultAlgorithm}.
 *
 * Formats of signatures don't name the algorithm, and tools differ for one and the same key. ECDSA: cosign 2 signed with
 * SHA-256 on every curve, cosign 3 signs with the hash of the curve's size, and admission controllers expect SHA-256
 * unless they are told. RSA: PKCS#1 v1.5 nearly everywhere, PSS from some key services. Ed25519: cosign 3 signs with
 * Ed25519ph, all others, and cosign when it verifies, mean pure Ed25519. Each of these is strong by itself, and a
 * signature made in one can't be passed off as one in another, so accepting those of the key's type lets nobody sign who
 * could not otherwise. SHA-1, SHA-224, RSA without padding and the like are in no list; naming an algorithm narrows it to
 * that one.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` for a key of another type, curve or size.
 */
export function acceptableAlgorithms(
  publicKey: KeyObject,
): readonly [SignatureAlgorithm, ...SignatureAlgorithm[]] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey
  if (type === 'ed25519') return ['ed25519', 'ed25519-ph']
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'of custom parameters'
    const algorithms = byCurve[curve]
    if (algorithms !== undefined) return algorithms
    throw new AttestError(
      'KEY_UNSUPPORTED',
      `expected a key on P-256, P-384 or P-521, got the curve ${curve}`,
    )
  }
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0
    const algorithms = byModulusLength[bits]
    if (algorithms !== undefined) return algorithms
    throw new AttestError('KEY_UNSUPPORTED', `expected an RSA key of 2048, 3072 or 4096 bits, got ${bits}`)
  }
  throw new AttestError(
    'KEY_UNSUPPORTED',
    `expected an ECDSA, RSA or Ed25519 key, got ${type ?? 'a symmetric key'}`,
  )
}

/**
 * The algorithm that signatures are made in unless one is named: the hash of the curve's size, as cosign 3 signs and
 * transparency logs ask for; RSA in PKCS#1 v1.5 with SHA-256; pure Ed25519, because no released cosign verifies
 * Ed25519ph by a key, though cosign 3 makes it.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` for a key of another type, curve or size.
 */
export function defaultAlgorithm(publicKey: KeyObject): SignatureAlgorithm {
  return acceptableAlgorithms(publicKey)[0]
}
