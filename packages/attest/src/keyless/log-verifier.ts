import { createPublicKey, X509Certificate } from 'node:crypto'
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

/** How a log that keeps a hash of what was signed names it and the algorithm. */
export interface HashedAlgorithm {
  readonly hash: SignatureHash
  /** Name in `PublicKeyDetails` of the Sigstore protocol buffers. */
  readonly keyDetails: string
}

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
  return { hash, keyDetails: keyDetailsOf(algorithm) }
}
