import { parseStrictJson } from '@sallyport/core'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { decodeCanonicalBase64 } from '../../internal/canonical-base64.ts'
import { Rejection } from '../rejection.ts'
import type { DigestAlgorithm } from './unverified-signature.ts'

/** What a log entry says about a signature, whatever its kind. */
export interface LoggedSignature {
  /** `undefined` where the digest is of a document that holds the signature. */
  readonly signature: Buffer | undefined
  readonly digest: Buffer
  readonly algorithm: DigestAlgorithm
  /** What the digest is of: the bytes under the signature, the payload of an envelope, or the envelope as it is stored. */
  readonly digestOf: 'signed-bytes' | 'payload' | 'document'
  readonly verifier: LoggedVerifier
}

/** The key or certificate that a log verified the signature with, in DER. */
export interface LoggedVerifier {
  readonly kind: 'certificate' | 'key'
  readonly der: Buffer
}

const base64 = z.string().transform((text, context) => {
  const bytes = decodeCanonicalBase64(text)
  if (bytes !== undefined && bytes.length > 0) return bytes
  context.addIssue({ code: 'custom', message: 'not base64' })
  return z.NEVER
})
const hash = z.object({ algorithm: z.enum(['sha256', 'sha384', 'sha512']), value: z.hex() })
const hash2 = z.object({
  algorithm: z.enum(['SHA2_256', 'SHA2_384', 'SHA2_512']),
  digest: base64,
})
const signature2 = z.object({
  content: base64,
  verifier: z.union([
    z.strictObject({ keyDetails: z.string(), x509Certificate: z.object({ rawBytes: base64 }) }),
    z.strictObject({ keyDetails: z.string(), publicKey: z.object({ rawBytes: base64 }) }),
  ]),
})

/** Bodies by kind and version. */
const schemas: Readonly<Record<string, z.ZodType<LoggedSignature>>> = {
  'hashedrekord/0.0.1': z
    .object({
      spec: z.object({
        data: z.object({ hash }),
        signature: z.object({ content: base64, publicKey: z.object({ content: base64 }) }),
      }),
    })
    .transform(({ spec: { data, signature } }) => ({
      signature: signature.content,
      ...fromHash(data.hash),
      digestOf: 'signed-bytes' as const,
      verifier: fromPem(signature.publicKey.content),
    })),
  'dsse/0.0.1': z
    .object({
      spec: z.object({
        payloadHash: hash,
        signatures: z.tuple([z.object({ signature: base64, verifier: base64 })]),
      }),
    })
    .transform(({ spec: { payloadHash, signatures } }) => ({
      signature: signatures[0].signature,
      ...fromHash(payloadHash),
      digestOf: 'payload' as const,
      verifier: fromPem(signatures[0].verifier),
    })),
  // cosign 1 logged attestations so.
  'intoto/0.0.1': z
    .object({ spec: z.object({ content: z.object({ hash }), publicKey: base64 }) })
    .transform(({ spec: { content, publicKey } }) => ({
      signature: undefined,
      ...fromHash(content.hash),
      digestOf: 'document' as const,
      verifier: fromPem(publicKey),
    })),
  'intoto/0.0.2': z
    .object({
      spec: z.object({
        content: z.object({
          payloadHash: hash,
          envelope: z.object({
            // base64 of the base64 in the envelope
            signatures: z.tuple([z.object({ sig: base64, publicKey: base64 })]),
          }),
        }),
      }),
    })
    .transform(({ spec: { content } }) => ({
      signature: Buffer.from(content.envelope.signatures[0].sig.toString('latin1'), 'base64'),
      ...fromHash(content.payloadHash),
      digestOf: 'payload' as const,
      verifier: fromPem(content.envelope.signatures[0].publicKey),
    })),
  'hashedrekord/0.0.2': z
    .object({
      spec: z.strictObject({ hashedRekordV002: z.object({ data: hash2, signature: signature2 }) }),
    })
    .transform(
      ({
        spec: {
          hashedRekordV002: { data, signature },
        },
      }) => ({
        ...fromHash2(data),
        ...fromSignature2(signature),
        digestOf: 'signed-bytes' as const,
      }),
    ),
  'dsse/0.0.2': z
    .object({
      spec: z.strictObject({
        dsseV002: z.object({ payloadHash: hash2, signatures: z.tuple([signature2]) }),
      }),
    })
    .transform(
      ({
        spec: {
          dsseV002: { payloadHash, signatures },
        },
      }) => ({
        ...fromHash2(payloadHash),
        ...fromSignature2(signatures[0]),
        digestOf: 'payload' as const,
      }),
    ),
}

/** Certificates are the largest part of a body; envelopes are not kept in it. */
const maxBytes = 256 * 1024

/**
 * Reads the body of a log entry of a kind and version that is known here.
 *
 * @throws {Rejection} `log-invalid`
 */
export function readLogEntryBody(
  body: Uint8Array,
  { kind, version }: { kind: string; version: string },
): LoggedSignature {
  const name = `${kind}/${version}`
  if (!Object.hasOwn(schemas, name))
    throw new Rejection(
      'log-invalid',
      `log entries of kind ${JSON.stringify(name.slice(0, 100))} are not known`,
    )
  try {
    if (body.byteLength > maxBytes) throw new Error('too large')
    const json = parseStrictJson(body)
    z.object({ kind: z.literal(kind), apiVersion: z.literal(version) }).parse(json)
    const parsed = schemas[name]?.parse(json)
    if (parsed !== undefined) return parsed
  } catch {
    // said below
  }
  throw new Rejection('log-invalid', `a log entry is not a ${name} with one signature`)
}

function fromHash({ algorithm, value }: z.infer<typeof hash>): Pick<LoggedSignature, 'digest' | 'algorithm'> {
  return { digest: Buffer.from(value, 'hex'), algorithm }
}

const algorithms2 = { SHA2_256: 'sha256', SHA2_384: 'sha384', SHA2_512: 'sha512' } as const

function fromHash2({
  algorithm,
  digest,
}: z.infer<typeof hash2>): Pick<LoggedSignature, 'digest' | 'algorithm'> {
  return { digest, algorithm: algorithms2[algorithm] }
}

function fromSignature2({
  content,
  verifier,
}: z.infer<typeof signature2>): Pick<LoggedSignature, 'signature' | 'verifier'> {
  return {
    signature: content,
    verifier:
      'x509Certificate' in verifier
        ? { kind: 'certificate', der: verifier.x509Certificate.rawBytes }
        : { kind: 'key', der: toSpki(verifier.publicKey.rawBytes) },
  }
}

const pemBlock =
  /^\s*-----BEGIN (CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----[A-Za-z0-9+/=\s]+-----END \1-----\s*$/

function fromPem(bytes: Buffer): LoggedVerifier {
  const pem = bytes.toString('latin1')
  const [, label] = pemBlock.exec(pem) ?? []
  if (label === undefined) throw new Error('not one certificate or public key in PEM')
  return label === 'CERTIFICATE'
    ? { kind: 'certificate', der: new X509Certificate(pem).raw }
    : { kind: 'key', der: createPublicKey(pem).export({ type: 'spki', format: 'der' }) }
}

function toSpki(der: Buffer): Buffer {
  return createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ type: 'spki', format: 'der' })
}
