import { constants, type KeyObject, verify } from 'node:crypto'

/** How keys of a kind are named and used where nothing else is said, as Sigstore's services do. */
export interface KeyAlgorithm {
  /** `PublicKeyDetails` of Sigstore's protobuf specification. */
  readonly keyDetails: string
  readonly hash: 'sha256' | 'sha384' | 'sha512'
}

/**
 * The algorithm that Sigstore's services assume for a public key.
 *
 * @throws {Error} when they refuse such keys.
 */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec') {
    if (namedCurve === 'prime256v1') return { keyDetails: 'PKIX_ECDSA_P256_SHA_256', hash: 'sha256' }
    if (namedCurve === 'secp384r1') return { keyDetails: 'PKIX_ECDSA_P384_SHA_384', hash: 'sha384' }
    if (namedCurve === 'secp521r1') return { keyDetails: 'PKIX_ECDSA_P521_SHA_512', hash: 'sha512' }
  }
  if (key.asymmetricKeyType === 'rsa' && [2048, 3072, 4096].includes(modulusLength ?? 0))
    return { keyDetails: `PKIX_RSA_PKCS1V15_${modulusLength}_SHA256`, hash: 'sha256' }
  if (key.asymmetricKeyType === 'ed25519') return { keyDetails: 'PKIX_ED25519_PH', hash: 'sha512' }
  throw new Error(`unsupported key: ${key.asymmetricKeyType} ${namedCurve ?? modulusLength ?? ''}`)
}

/** Whether a signature is of this content, with the algorithm that is assumed for the key. */
export function verifiesContent(key: KeyObject, content: Uint8Array, signature: Uint8Array): boolean {
  const hash = key.asymmetricKeyType === 'ed25519' ? null : keyAlgorithmOf(key).hash
  return verify(hash, content, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
}
