import { isSallyportError } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import type { Signer } from '../ports/signer.ts'
import { defaultAlgorithm } from './acceptable-algorithms.ts'
import { parsePublicKey, type PublicKey } from './parse-public-key.ts'
import { verifiesAsWritten } from './verifies-signature.ts'

/** A signature that was verified after it was made. */
export interface CheckedSignature {
  readonly signature: Uint8Array
  readonly publicKey: PublicKey
}

/**
 * Signs and verifies the answer with the public key that the signer names: a service that signs with another
 * version of a key is noticed before anything is published.
 *
 * @throws {AttestError} `SIGNING_FAILED` when the signer fails or its answer does not verify.
 */
export async function signChecked(
  signer: Signer,
  content: Uint8Array,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CheckedSignature> {
  signal?.throwIfAborted()
  const publicKey = parsePublicKey(signer.publicKey)
  if (publicKey.keyId !== signer.keyId) {
    throw new AttestError(
      'SIGNING_FAILED',
      `the signer names its key ${signer.keyId}, but it is ${publicKey.keyId}`,
    )
  }
  const algorithm = signer.algorithm ?? defaultAlgorithm(publicKey.key)
  let signature: Uint8Array
  try {
    signature = await signer.sign(content, { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    // Of our own errors it is known that they hold no secret.
    const [why, retryable] = isSallyportError(cause) ? [`: ${cause.message}`, cause.retryable] : ['', false]
    const message = `the signer of key ${publicKey.keyId} failed${why}`
    throw new AttestError('SIGNING_FAILED', message, { cause, retryable })
  }
  if (!verifiesAsWritten(publicKey.key, content, signature, algorithm)) {
    throw new AttestError(
      'SIGNING_FAILED',
      `the signer of key ${publicKey.keyId} gave a signature that does not verify`,
    )
  }
  return { signature, publicKey }
}
