import { constants, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { AttestError } from '../errors.ts'
import { acceptableAlgorithms } from './acceptable-algorithms.ts'
import { signatureHash, signatureScheme } from './algorithm-registry.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

const signAsync = promisify(sign)

/**
 * Signs content (not its digest) with a private key held in memory. ECDSA in DER; PSS with a salt of the hash's length.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` when the algorithm is not one of this key.
 */
export async function signContent(
  privateKey: KeyObject,
  content: Uint8Array,
  algorithm: SignatureAlgorithm,
): Promise<Uint8Array> {
  requireAlgorithmOf(privateKey, algorithm)
  const hash = signatureHash(algorithm)
  switch (signatureScheme(algorithm)) {
    case 'ecdsa':
    case 'ed25519':
      return signAsync(hash, content, privateKey)
    case 'rsa-pkcs1':
      return signAsync(hash, content, { key: privateKey, padding: constants.RSA_PKCS1_PADDING })
    case 'rsa-pss': {
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
      return signAsync(hash, content, {
        key: privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength,
      })
    }
    case 'ed25519-ph': {
      const { ed25519ph } = await import('@noble/curves/ed25519.js')
      const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
      try {
        return ed25519ph.sign(content, seed)
      } finally {
        seed.fill(0)
      }
    }
  }
}

/**
 * Returns the algorithm when the key can be used with it.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` when it can't.
 */
export function requireAlgorithmOf(key: KeyObject, algorithm: SignatureAlgorithm): SignatureAlgorithm {
  const algorithms = acceptableAlgorithms(key)
  if (algorithms.includes(algorithm)) return algorithm
  throw new AttestError(
    'KEY_UNSUPPORTED',
    `this key signs with ${algorithms.join(' or ')}, not with ${algorithm}`,
  )
}
