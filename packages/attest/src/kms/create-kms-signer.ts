import { createHash, type KeyObject } from 'node:crypto'
import type { Signer } from '../ports/signer.ts'
import { toPublicKey } from '../signing/parse-public-key.ts'
import { signatureHash } from '../signing/algorithm-registry.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'

/** What a service's signer consists of. */
export interface KmsSignerParts {
  readonly publicKey: KeyObject
  readonly algorithm: SignatureAlgorithm
  /** Has the service sign: the digest of the content, or the content itself where the algorithm has no hash. */
  sign(input: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>
}

/** The signer of a key in a service: content is hashed here, whatever its size. */
export function createKmsSigner({ publicKey, algorithm, sign }: KmsSignerParts): Signer {
  const { pem, keyId } = toPublicKey(publicKey)
  const hash = signatureHash(algorithm)
  return {
    publicKey: pem,
    keyId,
    algorithm,
    async sign(content, { signal } = {}) {
      signal?.throwIfAborted()
      return sign(hash === undefined ? content : createHash(hash).update(content).digest(), signal)
    },
  }
}
