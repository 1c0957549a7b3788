import { parseStrictJson } from '@sallyport/core'
import { X509Certificate } from 'node:crypto'
import type { TransparencyLogEntry } from '@sigstore/bundle'
import { z } from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { Rejection } from './rejection.ts'
import type { UnverifiedCertificate, UnverifiedSignature } from './signature/unverified-signature.ts'

/** What the annotations of a layer say about a signature. */
export type LegacyMaterial = Pick<UnverifiedSignature, 'certificate' | 'logEntries' | 'timestamps'>

const base64 = z.string().transform((text, context) => {
  const bytes = decodeCanonicalBase64(text)
  if (bytes !== undefined && bytes.length > 0) return bytes
  context.addIssue({ code: 'custom', message: 'not base64' })
  return z.NEVER
})
const count = z.int().min(0)

/** The answer of Rekor v1 as cosign keeps it. */
const logEntrySchema = z.object({
  SignedEntryTimestamp: base64,
  Payload: z.object({
    body: base64,
    integratedTime: count,
    logIndex: count,
    logID: z.hex().length(64),
  }),
})
const bodySchema = z.object({ kind: z.string(), apiVersion: z.string() })
const timestampSchema = z.object({ SignedRFC3161Timestamp: base64 })
const pemBlocks = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g
const maxLength = 256 * 1024

/**
 * Reads what cosign writes beside a signature into the annotations of a layer.
 *
 * @throws {Rejection} `certificate-invalid`, `log-invalid`, `timestamp-invalid` when an annotation can't be read.
 */
export function readLegacyMaterial(annotations: Readonly<Record<string, string>>): LegacyMaterial {
  const { certificate, chain, logEntry, timestamp } = wireFormat.annotations
  const entry = parse(annotations[logEntry], logEntrySchema, 'log-invalid')
  const stamp = parse(annotations[timestamp], timestampSchema, 'timestamp-invalid')
  return {
    certificate: readCertificate(annotations[certificate], annotations[chain]),
    logEntries: entry === undefined ? [] : [toLogEntry(entry)],
    timestamps: stamp === undefined ? [] : [stamp.SignedRFC3161Timestamp],
  }
}

function parse<Value>(
  text: string | undefined,
  schema: z.ZodType<Value>,
  reason: 'log-invalid' | 'timestamp-invalid',
): Value | undefined {
  // cosign writes `null` where it has nothing.
  if (!text || text === 'null') return undefined
  try {
    if (text.length <= maxLength) return schema.parse(parseStrictJson(Buffer.from(text, 'utf8')))
  } catch {
    // said below
  }
  throw new Rejection(reason, `an annotation of the layer is not what cosign writes`)
}

function readCertificate(
  leaf: string | undefined,
  chain: string | undefined,
): UnverifiedCertificate | undefined {
  if (!leaf) return undefined
  const [first, ...others] = readPem(leaf)
  if (first === undefined || others.length > 0)
    throw new Rejection('certificate-invalid', 'the layer does not carry one certificate in PEM')
  return { leaf: first, chain: chain ? readPem(chain) : [] }
}

function readPem(text: string): readonly Uint8Array[] {
  try {
    if (text.length <= maxLength && text.replaceAll(pemBlocks, '').trim() === '')
      return Array.from(text.matchAll(pemBlocks), ([block]) => new X509Certificate(block).raw)
  } catch {
    // said below
  }
  throw new Rejection('certificate-invalid', 'the layer carries something else than certificates in PEM')
}

function toLogEntry({ SignedEntryTimestamp, Payload }: z.infer<typeof logEntrySchema>): TransparencyLogEntry {
  const { body, integratedTime, logIndex, logID } = Payload
  let kindVersion: TransparencyLogEntry['kindVersion']
  try {
    const { kind, apiVersion: version } = bodySchema.parse(parseStrictJson(body))
    kindVersion = { kind, version }
  } catch {
    throw new Rejection('log-invalid', 'the log entry of the layer has no kind')
  }
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex') },
    kindVersion,
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    inclusionProof: undefined,
    canonicalizedBody: body,
  }
}
