import type { SerializedBundle } from '@sigstore/bundle'
import { X509Certificate } from 'node:crypto'
import { AttestError } from '../errors.ts'
import { loadBundle } from '../internal/load-libraries.ts'
import type { KeylessSigner, Signer } from '../ports/signer.ts'
import { type SignedPayload, type SigningOptions, signPayload } from '../signing/sign-payload.ts'
import { preAuthEncoding, statementPayloadType } from './pre-auth-encoding.ts'
import { serializeStatement } from './serialize-statement.ts'
import type { Statement } from './statement.ts'

/** A statement with its signature, in the forms in which it is stored. */
export interface SignedStatement extends SignedPayload {
  /** What was signed. */
  readonly statement: Statement
  /** The exact bytes that were signed (before the pre-authentication encoding). */
  readonly payload: Uint8Array
  /** DSSE envelope in JSON. */
  readonly envelope: Uint8Array
  /** Sigstore bundle v0.3 in JSON, around the same envelope. */
  readonly bundle: Uint8Array
}

/** Options of {@link signStatement}. */
export type SignStatementOptions = SigningOptions

/**
 * Signs a statement into a DSSE envelope and a Sigstore bundle v0.3 with what the witnesses confirm. The signature is
 * verified before it is returned.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when the statement is not plain JSON data or has no subject.
 * @throws {AttestError} `SIGNING_FAILED` when the signer fails, or answers with a signature that does not verify.
 * @throws {AttestError} `WITNESS_MISSING` when a certificate is used and no witness vouches for the time.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when the signer's public key is not one that can be used.
 * @throws {AttestError} what the keyless signer and the witnesses reject with.
 */
export async function signStatement(
  statement: Statement,
  signer: Signer | KeylessSigner,
  options: SignStatementOptions = {},
): Promise<SignedStatement> {
  return signSerialized(statement, serializeStatement(statement), signer, options)
}

/** As {@link signStatement}, with the bytes of `serializeStatement` where they are known already. */
export async function signSerialized(
  statement: Statement,
  payload: Uint8Array,
  signer: Signer | KeylessSigner,
  options: SignStatementOptions,
): Promise<SignedStatement> {
  if (statement.subject.length === 0)
    throw new AttestError('STATEMENT_INVALID', 'the statement has no subject')
  const toEnvelope = (signature: Uint8Array): Uint8Array => toJson(envelopeOf(payload, signature))
  const signed = await signPayload(preAuthEncoding(statementPayloadType, payload), signer, {
    ...options,
    toEnvelope,
  })
  return {
    ...signed,
    statement,
    payload,
    envelope: toEnvelope(signed.signature),
    bundle: toJson(bundleOf(payload, signed)),
  }
}

function envelopeOf(payload: Uint8Array, signature: Uint8Array): SerializedBundle['dsseEnvelope'] {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  // Go's DSSE verifier compares a key id with a fingerprint of its own form, and skips signatures of another one: the
  // hint of the bundle names the key, the envelope leaves it open.
  return {
    payload: base64(payload),
    payloadType: statementPayloadType,
    signatures: [{ sig: base64(signature), keyid: '' }],
  }
}

function bundleOf(payload: Uint8Array, { signature, keyId, certificate, testimony }: SignedPayload): unknown {
  const { bundleToJSON, toDSSEBundle } = loadBundle()
  const bundle = toDSSEBundle({
    artifact: Buffer.from(payload),
    artifactType: statementPayloadType,
    signature: Buffer.from(signature),
    ...(certificate ? { certificate: new X509Certificate(certificate.leaf).raw } : { keyHint: keyId }),
  })
  bundle.verificationMaterial.tlogEntries = [...testimony.tlogEntries]
  bundle.verificationMaterial.timestampVerificationData = {
    rfc3161Timestamps: testimony.timestamps.map((each) => ({ signedTimestamp: Buffer.from(each) })),
  }
  return { ...bundleToJSON(bundle), dsseEnvelope: envelopeOf(payload, signature) }
}

function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8')
}
