import { X509Certificate } from 'node:crypto'
import type { TransparencyLogEntry } from '@sigstore/bundle'
import { z } from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import { parseStrictJson } from '../internal/strict-json.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { Rejection } from './rejection.ts'
import type { UnverifiedSignature } from './signature/unverified-signature.ts'

/** What the annotations of a layer under a `.sig` or `.att` tag carry beside the signature. */
export type LegacyMaterial = Pick<UnverifiedSignature, 'certificate' | 'logEntries' | 'timestamps'>

const base64 = z.string().transform((text, context) => {
  const bytes = decodeCanonicalBase64(text)
  if (bytes !== undefined && bytes.length > 0) return bytes
  context.addIssue({ code: 'custom', message: 'not base64' })
  return z.NEVER
})
const logEntrySchema = z.object({
  SignedEntryTimestamp: base64,
  Payload: z.object({
    body: base64,
    integratedTime: z.int().positive(),
    logIndex: z.int().nonnegative(),
    logID: z.string().regex(/^[0-9a-f]{64}$/),
  }),
})
const entryBodySchema = z.object({ kind: z.string().max(64), apiVersion: z.string().max(64) })
const timestampSchema = z.object({ SignedRFC3161Timestamp: base64 })

/**
 * Reads certificate, chain, log entry and timestamp from the annotations of a layer, in cosign's forms: nothing of it
 * is verified, and none of it is needed where a key alone vouches for the signature.
 *
 * @throws {Rejection} `certificate-invalid`, `log-invalid`, `timestamp-invalid` when one of them can't be read.
 */
export function readLegacyMaterial(annotations: Readonly<Record<string, string>> = {}): LegacyMaterial {
  const { certificate, chain, logEntry, timestamp } = wireFormat.annotations
  const [leaf, ...others] = readCertificates(annotations[certificate])
  if (others.length > 0) throw new Rejection('certificate-invalid', 'the layer carries two certificates')
  const issuers = readCertificates(annotations[chain])
  const logged = annotations[logEntry]
  const stamped = annotations[timestamp]
  return {
    certificate: leaf && { leaf, chain: issuers },
    logEntries: logged ? [readLogEntry(logged)] : [],
    timestamps: stamped
      ? [readJson(stamped, timestampSchema, 'timestamp-invalid').SignedRFC3161Timestamp]
      : [],
  }
}

/** The certificates of a PEM text, in DER. */
function readCertificates(text = ''): Uint8Array[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const rest = blocks.reduce((left, block) => left.replace(block, ''), text)
  try {
    if (rest.trim() === '') return blocks.map((block) => new X509Certificate(block).raw)
  } catch {
    // said below
  }
  throw new Rejection('certificate-invalid', 'the layer carries something else than certificates in PEM')
}

function readLogEntry(text: string): TransparencyLogEntry {
  const { SignedEntryTimestamp, Payload } = readJson(text, logEntrySchema, 'log-invalid')
  const { body, integratedTime, logIndex, logID } = Payload
  const { kind, apiVersion } = readJson(body, entryBodySchema, 'log-invalid')
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    inclusionProof: undefined,
    canonicalizedBody: body,
  }
}

function readJson<Value>(
  text: string | Uint8Array,
  schema: z.ZodType<Value>,
  reason: 'log-invalid' | 'timestamp-invalid',
): Value {
  try {
    return schema.parse(parseStrictJson(Buffer.from(text)))
  } catch {
    throw new Rejection(
      reason,
      `the ${reason === 'log-invalid' ? 'log entry' : 'timestamp'} of the layer is malformed`,
    )
  }
}
