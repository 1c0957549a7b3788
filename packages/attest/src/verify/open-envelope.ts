import { z } from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import { parseStrictJson, StrictJsonError } from '../internal/strict-json.ts'
import { Rejection } from './rejection.ts'

const envelopeSchema = z.object({
  payloadType: z.string().max(256),
  payload: z.string().min(1),
  // The bundle format allows one signature only; more would leave open which one was meant.
  signatures: z
    .array(z.object({ sig: z.string().min(1).max(8192), keyid: z.string().max(1024).nullish() }))
    .length(1),
})

/** A DSSE envelope with its one signature, decoded and not yet verified. */
export interface OpenedEnvelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Reads a bare DSSE envelope. The key id is left out: tools write ids of different forms, and nothing rests on it.
 *
 * @throws {Rejection} `bundle-invalid`
 */
export function openEnvelope(bytes: Uint8Array): OpenedEnvelope {
  const parsed = envelopeSchema.safeParse(parse(bytes))
  const [signature] = parsed.data?.signatures ?? []
  if (!parsed.success || signature === undefined)
    throw new Rejection('bundle-invalid', 'not a DSSE envelope with one signature')
  const { payloadType, payload } = parsed.data
  const body = decodeCanonicalBase64(payload)
  const sig = decodeCanonicalBase64(signature.sig)
  if (body === undefined || sig === undefined) {
    throw new Rejection('bundle-invalid', 'payload and signature must be in standard base64')
  }
  return { payloadType, payload: body, signature: sig }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes)
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw new Rejection('bundle-invalid', `the JSON is refused: ${error.message}`)
  }
}
