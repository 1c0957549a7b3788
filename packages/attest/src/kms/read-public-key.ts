import { createPublicKey, type KeyObject } from 'node:crypto'
import type { AttestError } from '../errors.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'
import { type KmsKey, kmsError } from './kms-key.ts'
import { signatureAlgorithmOf } from './signature-algorithm-of.ts'

/**
 * Reads the public key that a service gave.
 *
 * @throws {AttestError} `KMS_ERROR` when it is none.
 */
export function readPublicKey(key: KmsKey, input: Parameters<typeof createPublicKey>[0]): KeyObject {
  try {
    return createPublicKey(input)
  } catch {
    throw kmsError('KMS_ERROR', key, 'the service gave no readable public key')
  }
}

/**
 * How this key signs.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` when it is not ECDSA on P-256, P-384 or P-521, RSA of 2048, 3072 or 4096 bits,
 *   or Ed25519.
 */
export function requireAlgorithm(
  key: KmsKey,
  publicKey: KeyObject,
  rsaPadding: 'pkcs1' | 'pss',
): SignatureAlgorithm {
  const algorithm = signatureAlgorithmOf(publicKey, rsaPadding)
  if (algorithm === undefined) {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey
    throw unsupportedKey(key, `${type} ${details?.namedCurve ?? details?.modulusLength ?? ''}`.trim())
  }
  return algorithm
}

/** The error for a key that this package does not sign with. */
export function unsupportedKey(key: KmsKey, found: string): AttestError {
  return kmsError(
    'KEY_UNSUPPORTED',
    key,
    `expected a signing key: ECDSA on P-256, P-384 or P-521, RSA of 2048, 3072 or 4096 bits, or Ed25519, got ${found}`,
  )
}
