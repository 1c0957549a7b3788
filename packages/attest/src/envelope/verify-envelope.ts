import { parsePublicKey } from '../signing/parse-public-key.ts'
import { verifiesSignature } from '../signing/verifies-signature.ts'
import { preAuthEncoding } from '../statement/pre-auth-encoding.ts'
import { openEnvelope } from '../verify/open-envelope.ts'
import { Rejection } from '../verify/rejection.ts'

/** Options of {@link verifyEnvelope}. */
export interface VerifyEnvelopeOptions {
  /** The one type of payload that is expected. */
  readonly payloadType: string
  /** Public keys in PEM, one of which must have signed. */
  readonly keys: readonly string[]
  /** Longest envelope, in bytes. Default 4 MiB. */
  readonly maxBytes?: number | undefined
}

/** What {@link verifyEnvelope} found. */
export type EnvelopeVerdict =
  | {
      readonly verified: true
      readonly payload: Uint8Array
      /** Key that signed, as in `Signer.keyId`. */
      readonly keyId: string
    }
  | { readonly verified: false; readonly message: string }

/**
 * Opens a DSSE envelope and verifies its one signature with the given keys. What it holds is only handed out when it is
 * of the expected type and one of the keys signed it.
 *
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when a given key is none that can be used.
 */
export function verifyEnvelope(
  envelope: string,
  { payloadType, keys, maxBytes = 4 * 1024 * 1024 }: VerifyEnvelopeOptions,
): EnvelopeVerdict {
  const candidates = keys.map(parsePublicKey)
  const bytes = Buffer.from(envelope, 'utf8')
  if (bytes.byteLength > maxBytes) return refused(`more than ${maxBytes} bytes`)
  try {
    const opened = openEnvelope(bytes)
    if (opened.payloadType !== payloadType)
      return refused(`its type is ${JSON.stringify(opened.payloadType)}, expected ${payloadType}`)
    const signed = preAuthEncoding(payloadType, opened.payload)
    const signer = candidates.find(({ key }) => verifiesSignature(key, signed, opened.signature))
    if (!signer) return refused('none of the given keys signed it, or it was changed afterwards')
    return { verified: true, payload: opened.payload, keyId: signer.keyId }
  } catch (error) {
    if (error instanceof Rejection) return refused(error.message)
    throw error
  }
}

function refused(message: string): EnvelopeVerdict {
  return { verified: false, message }
}
