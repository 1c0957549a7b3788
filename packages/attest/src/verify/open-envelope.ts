import { parseStrictJson, StrictJsonError } from '@sallyport/core'
import { z } from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import { Rejection } from './rejection.ts'

const maxValues = 1000
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
 * Reads a bare DSSE envelope.
 *
 * @throws {Rejection} `bundle-invalid`
 */
export function openEnvelope(bytes: Uint8Array): OpenedEnvelope {
  const parsed = envelopeSchema.safeParse(parse(bytes))
  if (!parsed.success) throw new Rejection('bundle-invalid', 'not a DSSE envelope with one signature')
  return decode(parsed.data)
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes, { maxValues })
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw new Rejection('bundle-invalid', `the JSON is refused: ${error.message}`)
  }
}

function decode({
  payloadType,
  payload,
  signatures: [signature],
}: z.infer<typeof envelopeSchema>): OpenedEnvelope {
  const body = decodeCanonicalBase64(payload)
  const bytes = decodeCanonicalBase64(signature?.sig ?? '')
  if (body === undefined || bytes === undefined) {
    throw new Rejection('bundle-invalid', 'payload and signature must be in standard base64')
  }
  return { payloadType, payload: body, signature: bytes }
}
