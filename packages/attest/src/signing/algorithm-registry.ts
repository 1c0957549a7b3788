import type { PublicKeyDetails } from '@sigstore/protobuf-specs'
import { loadProtobufSpecs } from '../internal/load-libraries.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

/** Hash that a signature is made over, by the name that `node:crypto` knows. */
export type SignatureHash = 'sha256' | 'sha384' | 'sha512'

interface RegisteredAlgorithm {
  readonly details: keyof typeof PublicKeyDetails
  readonly scheme: 'ecdsa' | 'rsa-pkcs1' | 'rsa-pss' | 'ed25519' | 'ed25519-ph'
  /** None where the content itself is signed. */
  readonly hash?: SignatureHash
}

/** Every algorithm with the name of its number in Sigstore's messages. */
const registry: Readonly<Record<SignatureAlgorithm, RegisteredAlgorithm>> = {
  'ecdsa-sha2-256-nistp256': entry('PKIX_ECDSA_P256_SHA_256', 'ecdsa', 'sha256'),
  'ecdsa-sha2-384-nistp384': entry('PKIX_ECDSA_P384_SHA_384', 'ecdsa', 'sha384'),
  'ecdsa-sha2-256-nistp384': entry('PKIX_ECDSA_P384_SHA_256', 'ecdsa', 'sha256'),
  'ecdsa-sha2-512-nistp521': entry('PKIX_ECDSA_P521_SHA_512', 'ecdsa', 'sha512'),
  'ecdsa-sha2-256-nistp521': entry('PKIX_ECDSA_P521_SHA_256', 'ecdsa', 'sha256'),
  'rsa-sign-pkcs1-2048-sha256': entry('PKIX_RSA_PKCS1V15_2048_SHA256', 'rsa-pkcs1', 'sha256'),
  'rsa-sign-pkcs1-3072-sha256': entry('PKIX_RSA_PKCS1V15_3072_SHA256', 'rsa-pkcs1', 'sha256'),
  'rsa-sign-pkcs1-4096-sha256': entry('PKIX_RSA_PKCS1V15_4096_SHA256', 'rsa-pkcs1', 'sha256'),
  'rsa-sign-pss-2048-sha256': entry('PKIX_RSA_PSS_2048_SHA256', 'rsa-pss', 'sha256'),
  'rsa-sign-pss-3072-sha256': entry('PKIX_RSA_PSS_3072_SHA256', 'rsa-pss', 'sha256'),
  'rsa-sign-pss-4096-sha256': entry('PKIX_RSA_PSS_4096_SHA256', 'rsa-pss', 'sha256'),
  ed25519: { details: 'PKIX_ED25519', scheme: 'ed25519' },
  'ed25519-ph': entry('PKIX_ED25519_PH', 'ed25519-ph', 'sha512'),
}

function entry(
  details: RegisteredAlgorithm['details'],
  scheme: RegisteredAlgorithm['scheme'],
  hash: SignatureHash,
): RegisteredAlgorithm {
  return { details, scheme, hash }
}

/** The mathematics of an algorithm, without the size of the key. */
export function signatureScheme(algorithm: SignatureAlgorithm): RegisteredAlgorithm['scheme'] {
  return registry[algorithm].scheme
}

/** Hash that is applied to the content before it is signed; `undefined` for pure Ed25519, which signs the content. */
export function signatureHash(algorithm: SignatureAlgorithm): SignatureHash | undefined {
  return registry[algorithm].hash
}

/** The name by which Sigstore's messages number the algorithm (`PublicKeyDetails` of sigstore_common.proto). */
export function keyDetailsOf(algorithm: SignatureAlgorithm): keyof typeof PublicKeyDetails {
  return registry[algorithm].details
}

/**
 * The algorithm that a `PublicKeyDetails` of a trusted root or log entry means. `undefined` for what is unspecified,
 * unknown, or does not fix size and hash (the oldest RSA numbers); whoever asks decides whether the key alone will do.
 */
export function algorithmOfKeyDetails(details: PublicKeyDetails): SignatureAlgorithm | undefined {
  const name = loadProtobufSpecs().PublicKeyDetails[details]
  const found = Object.entries(registry).find(([, registered]) => registered.details === name)
  return found?.[0] as SignatureAlgorithm | undefined
}
