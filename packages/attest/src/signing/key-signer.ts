import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Signer } from '../ports/signer.ts'
import { defaultAlgorithm } from './acceptable-algorithms.ts'
import { parsePrivateKey, type PrivateKeyOptions } from './parse-private-key.ts'
import { toPublicKey } from './parse-public-key.ts'
import { requireAlgorithmOf, signContent } from './sign-content.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

/** Options of {@link keySigner}. */
export interface KeySignerOptions extends PrivateKeyOptions {
  /** Default: what cosign uses for a key of this type. */
  readonly algorithm?: SignatureAlgorithm | undefined
}

/**
 * Makes a signer of a private key held in memory, in PEM or as a `KeyObject`.
 *
 * @throws {AttestError} `KEY_INVALID` when it is no private key or does not open with the passphrase.
 * @throws {AttestError} `KEY_UNSUPPORTED` when it is weak or none of ECDSA on P-256, P-384 and P-521, RSA of 2048, 3072
 *   and 4096 bits, and Ed25519, or when it can't sign with `algorithm`.
 */
export function keySigner(key: string | KeyObject, options: KeySignerOptions = {}): Signer {
  const privateKey = parsePrivateKey(key, options)
  const publicKey = createPublicKey(privateKey)
  const algorithm = requireAlgorithmOf(privateKey, options.algorithm ?? defaultAlgorithm(publicKey))
  const { pem, keyId } = toPublicKey(publicKey)
  return {
    publicKey: pem,
    keyId,
    algorithm,
    async sign(content, { signal } = {}) {
      signal?.throwIfAborted()
      return signContent(privateKey, content, algorithm)
    },
  }
}
