import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle'
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

const bundleSchema = z.object({
  dsseEnvelope: envelopeSchema,
  verificationMaterial: z.object({
    publicKey: z.object({ hint: z.string().max(1024).optional() }).optional(),
  }),
})

/** A DSSE envelope with its one signature, decoded and not yet verified. */
export interface OpenedEnvelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  /** Names the key, when the signer said so; only a hint. */
  readonly hint?: string | undefined
}

/**
 * Reads a Sigstore bundle (v0.1 to v0.3) with a DSSE envelope.
 *
 * @throws {Rejection} `bundle-invalid`
 */
export function openBundle(bytes: Uint8Array): OpenedEnvelope {
  const json = parse(bytes)
  try {
    // The library checks what each version of the format demands (one signature, inclusion proofs, no chain).
    bundleFromJSON(json as SerializedBundle)
  } catch (error) {
    throw new Rejection(
      'bundle-invalid',
      `not a Sigstore bundle: ${String((error as Error).message).slice(0, 200)}`,
    )
  }
  const parsed = bundleSchema.safeParse(json)
  if (!parsed.success)
    throw new Rejection('bundle-invalid', 'the bundle holds no DSSE envelope with one signature')
  const { dsseEnvelope, verificationMaterial } = parsed.data
  return decode(dsseEnvelope, verificationMaterial.publicKey?.hint)
}

/**
 * Reads a bare DSSE envelope.
 *
 * @throws {Rejection} `bundle-invalid`
 */
export function openEnvelope(bytes: Uint8Array): OpenedEnvelope {
  const parsed = envelopeSchema.safeParse(parse(bytes))
  if (!parsed.success) throw new Rejection('bundle-invalid', 'not a DSSE envelope with one signature')
  return decode(parsed.data, undefined)
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes)
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw new Rejection('bundle-invalid', `the JSON is refused: ${error.message}`)
  }
}

function decode(
  { payloadType, payload, signatures: [signature] }: z.infer<typeof envelopeSchema>,
  hint: string | undefined,
): OpenedEnvelope {
  const body = decodeCanonicalBase64(payload)
  const bytes = decodeCanonicalBase64(signature?.sig ?? '')
  if (body === undefined || bytes === undefined) {
    throw new Rejection('bundle-invalid', 'payload and signature must be in standard base64')
  }
  return { payloadType, payload: body, signature: bytes, hint: hint || signature?.keyid || undefined }
}
