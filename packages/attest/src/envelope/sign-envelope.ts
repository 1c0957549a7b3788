import type { Signer } from '../ports/signer.ts'
import { signPayload } from '../signing/sign-payload.ts'
import { preAuthEncoding } from '../statement/pre-auth-encoding.ts'

/** What {@link signEnvelope} signs. */
export interface EnvelopeContent {
  /** Media type of the payload, which is signed too: what was signed as one thing never passes for another. */
  readonly payloadType: string
  /** Bytes to be signed, as they are. */
  readonly payload: Uint8Array
}

/**
 * Signs a document of any type into a DSSE envelope, as JSON. The signature is verified before it is returned.
 *
 * @throws {AttestError} `SIGNING_FAILED` when the signer fails, or answers with a signature that does not verify;
 *   `WITNESS_MISSING` when a certificate vouches for its key: such envelopes hold no proof of the time.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when the signer's public key is not one that can be used.
 */
export async function signEnvelope(
  { payloadType, payload }: EnvelopeContent,
  signer: Signer,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const { signature } = await signPayload(preAuthEncoding(payloadType, payload), signer, { signal })
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return JSON.stringify({
    payload: base64(payload),
    payloadType,
    // As in the envelopes of statements: verifiers try their keys, and take no key's name from what is not verified.
    signatures: [{ sig: base64(signature), keyid: '' }],
  })
}
