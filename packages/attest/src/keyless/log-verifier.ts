import { createPublicKey, X509Certificate } from 'node:crypto'
import { PublicKeyDetails } from '@sigstore/protobuf-specs'
import { AttestError } from '../errors.ts'
import type { SignedContent } from '../ports/witness.ts'
import { defaultAlgorithm } from '../signing/acceptable-algorithms.ts'
import { keyDetailsOf, type SignatureHash, signatureHash } from '../signing/algorithm-registry.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'

/** The key of a signature, or the certificate when there is one, as a log wants it. */
export interface LogVerifier {
  readonly kind: 'certificate' | 'key'
  readonly pem: string
  readonly der: Buffer
  readonly algorithm: SignatureAlgorithm
}

<<<<<<< HEAD
/** How logs call an algorithm, and the hash that its signatures are over; pure Ed25519 signs no hash. */
const logged: Readonly<Record<SignatureAlgorithm, { readonly keyDetails: string; readonly hash?: LogHash }>> =
  {
    'ecdsa-sha2-256-nistp256': { keyDetails: 'PKIX_ECDSA_P256_SHA_256', hash: 'sha256' },
    'ecdsa-sha2-256-nistp384': { keyDetails: 'PKIX_ECDSA_P384_SHA_256', hash: 'sha256' },
    'ecdsa-sha2-256-nistp521': { keyDetails: 'PKIX_ECDSA_P521_SHA_256', hash: 'sha256' },
    'ecdsa-sha2-384-nistp384': { keyDetails: 'PKIX_ECDSA_P384_SHA_384', hash: 'sha384' },
    'ecdsa-sha2-512-nistp521': { keyDetails: 'PKIX_ECDSA_P521_SHA_512', hash: 'sha512' },
    'rsa-sign-pkcs1-2048-sha256': { keyDetails: 'PKIX_RSA_PKCS1V15_2048_SHA256', hash: 'sha256' },
    'rsa-sign-pkcs1-3072-sha256': { keyDetails: 'PKIX_RSA_PKCS1V15_3072_SHA256', hash: 'sha256' },
    'rsa-sign-pkcs1-4096-sha256': { keyDetails: 'PKIX_RSA_PKCS1V15_4096_SHA256', hash: 'sha256' },
    'rsa-sign-pss-2048-sha256': { keyDetails: 'PKIX_RSA_PSS_2048_SHA256', hash: 'sha256' },
    'rsa-sign-pss-3072-sha256': { keyDetails: 'PKIX_RSA_PSS_3072_SHA256', hash: 'sha256' },
    'rsa-sign-pss-4096-sha256': { keyDetails: 'PKIX_RSA_PSS_4096_SHA256', hash: 'sha256' },
    ed25519: { keyDetails: 'PKIX_ED25519' },
    'ed25519-ph': { keyDetails: 'PKIX_ED25519_PH', hash: 'sha512' },
  }
=======
/** How a log that keeps a hash of what was signed names it and the algorithm. */
export interface HashedAlgorithm {
  readonly hash: SignatureHash
  /** Name in `PublicKeyDetails` of the Sigstore protocol buffers. */
  readonly keyDetails: string
}
>>>>>>> a5-keyless

/**
 * What a log verifies a signature with.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` for a key that nothing is signed with.
 */
export function toLogVerifier({ publicKey, certificate, algorithm }: SignedContent['signer']): LogVerifier {
  const key = createPublicKey(publicKey)
  const used = algorithm ?? defaultAlgorithm(key)
  if (certificate) {
    const { leaf } = certificate
    return { kind: 'certificate', pem: leaf, der: new X509Certificate(leaf).raw, algorithm: used }
  }
  return { kind: 'key', pem: publicKey, der: key.export({ type: 'spki', format: 'der' }), algorithm: used }
}

/**
 * The hash that a log keeps of what was signed, and its name for the algorithm.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` for pure Ed25519, whose signatures can't be verified from a hash.
 */
export function requireHashed(algorithm: SignatureAlgorithm): HashedAlgorithm {
  const hash = signatureHash(algorithm)
  if (hash === undefined)
    throw new AttestError('KEY_UNSUPPORTED', `a log can't verify ${algorithm} from a digest: use ed25519-ph`)
  return { hash, keyDetails: PublicKeyDetails[keyDetailsOf(algorithm)] }
}
