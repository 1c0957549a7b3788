import { parseStrictJson } from '@sallyport/core'
import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { SignatureHash } from '../signing/algorithm-registry.ts'
import type { HashedAlgorithm, LogVerifier } from './log-verifier.ts'

/** What a log's entry must be about. */
export interface LoggedSignature {
  readonly content: Uint8Array
  readonly signature: Uint8Array
  readonly verifier: LogVerifier
}

/** A hash in hexadecimal. */
export function hexDigest(hash: SignatureHash, content: Uint8Array): string {
  return createHash(hash).update(content).digest('hex')
}

const pemInBase64 = z.string()
const hashedRekordV1 = z.object({
  kind: z.literal('hashedrekord'),
  apiVersion: z.literal('0.0.1'),
  spec: z.object({
    data: z.object({ hash: z.object({ algorithm: z.string(), value: z.string() }) }),
    signature: z.object({ content: z.string(), publicKey: z.object({ content: pemInBase64 }) }),
  }),
})

/** Whether a Rekor v1 entry body `hashedrekord` 0.0.1 is about this signature. */
export function isHashedRekordV1(
  body: Uint8Array,
  { content, signature, verifier }: LoggedSignature,
  hash: SignatureHash,
): boolean {
  const entry = read(body, hashedRekordV1)
  if (!entry) return false
  const { data, signature: logged } = entry.spec
  return (
    data.hash.algorithm === hash &&
    data.hash.value === hexDigest(hash, content) &&
    isSame(logged.content, signature) &&
    isVerifier(logged.publicKey.content, verifier)
  )
}

const dsseV1 = z.object({
  kind: z.literal('dsse'),
  apiVersion: z.literal('0.0.1'),
  spec: z.object({
    payloadHash: z.object({ algorithm: z.literal('sha256'), value: z.string() }),
    signatures: z.array(z.object({ signature: z.string(), verifier: pemInBase64 })).length(1),
  }),
})

/** Whether a Rekor v1 entry body `dsse` 0.0.1 is about this signature; `payload` is that of the envelope. */
export function isDsseV1(
  body: Uint8Array,
  payload: Uint8Array,
  { signature, verifier }: Omit<LoggedSignature, 'content'>,
): boolean {
  const entry = read(body, dsseV1)
  const [logged] = entry?.spec.signatures ?? []
  return (
    entry !== undefined &&
    logged !== undefined &&
    entry.spec.payloadHash.value === hexDigest('sha256', payload) &&
    isSame(logged.signature, signature) &&
    isVerifier(logged.verifier, verifier)
  )
}

const rawBytes = z.object({ rawBytes: z.string() })
const hashedRekordV2 = z.object({
  kind: z.literal('hashedrekord'),
  apiVersion: z.literal('0.0.2'),
  spec: z.object({
    hashedRekordV002: z.object({
      data: z.object({ algorithm: z.string(), digest: z.string() }),
      signature: z.object({
        content: z.string(),
        verifier: z.object({
          keyDetails: z.string(),
          publicKey: rawBytes.optional(),
          x509Certificate: rawBytes.optional(),
        }),
      }),
    }),
  }),
})
const hashNames: Readonly<Record<SignatureHash, string>> = {
  sha256: 'SHA2_256',
  sha384: 'SHA2_384',
  sha512: 'SHA2_512',
}

/** Whether a Rekor v2 entry body `hashedrekord` 0.0.2 is about this signature. */
export function isHashedRekordV2(
  body: Uint8Array,
  { content, signature, verifier }: LoggedSignature,
  { hash, keyDetails }: HashedAlgorithm,
): boolean {
  const entry = read(body, hashedRekordV2)
  if (!entry) return false
  const { data, signature: logged } = entry.spec.hashedRekordV002
  const { publicKey, x509Certificate } = logged.verifier
  const [same, other] = verifier.kind === 'key' ? [publicKey, x509Certificate] : [x509Certificate, publicKey]
  return (
    data.algorithm === hashNames[hash] &&
    isSame(data.digest, Buffer.from(hexDigest(hash, content), 'hex')) &&
    isSame(logged.content, signature) &&
    logged.verifier.keyDetails === keyDetails &&
    same !== undefined &&
    other === undefined &&
    isSame(same.rawBytes, verifier.der)
  )
}

function read<Schema extends z.ZodType>(body: Uint8Array, schema: Schema): z.output<Schema> | undefined {
  try {
    return schema.safeParse(parseStrictJson(body)).data
  } catch {
    return undefined
  }
}

function isSame(base64: string, bytes: Uint8Array): boolean {
  return base64 === Buffer.from(bytes).toString('base64')
}

/** Logs write PEM in a form of their own, so what it holds is compared. */
function isVerifier(pemBase64: string, { kind, der }: LogVerifier): boolean {
  const pem = Buffer.from(pemBase64, 'base64').toString('utf8')
  try {
    const logged =
      kind === 'certificate'
        ? new X509Certificate(pem).raw
        : createPublicKey(pem).export({ type: 'spki', format: 'der' })
    return logged.equals(der)
  } catch {
    return false
  }
}
