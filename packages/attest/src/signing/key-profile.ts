import { createHash, type KeyObject, verify } from 'node:crypto'
import { AttestError } from '../errors.ts'

/**
 * Returns the key when it is one that signatures may rest on: ECDSA P-256, or RSA of 2048 to 4096 bits, both with
 * SHA-256. These are what every verifier of the profile reads alike.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` for any other key.
 */
export function requireSupportedKey(key: KeyObject): KeyObject {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ec') {
    if (details?.namedCurve === 'prime256v1') return key
    throw new AttestError(
      'KEY_UNSUPPORTED',
      `expected an ECDSA key on P-256, got the curve ${details?.namedCurve ?? 'of custom parameters'}`,
    )
  }
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0
    if (bits < 2048 || bits > 4096) {
      throw new AttestError('KEY_UNSUPPORTED', `expected an RSA key of 2048 to 4096 bits, got ${bits}`)
    }
    // An even or tiny exponent makes signatures forgeable or verification ambiguous.
    const exponent = details?.publicExponent ?? 0n
    if (exponent < 65537n || exponent % 2n === 0n) {
      throw new AttestError(
        'KEY_UNSUPPORTED',
        'expected an RSA key with an odd public exponent of at least 65537',
      )
    }
    return key
  }
  throw new AttestError(
    'KEY_UNSUPPORTED',
    `expected an ECDSA P-256 or RSA key, got ${type ?? 'a symmetric key'}`,
  )
}

/** base64 of the SHA-256 of the key's SPKI DER form, as cosign names keys. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
}

/** Whether `signature` is one by `publicKey` over the SHA-256 of `content` (ECDSA in DER, RSA in PKCS#1 v1.5). */
export function verifiesSignature(publicKey: KeyObject, content: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify('sha256', content, publicKey, signature)
  } catch {
    return false // a signature that cannot even be parsed does not verify
  }
}
