import { type Digest, digestOf } from '@sallyport/core'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import type { PublicKey } from '../signing/parse-public-key.ts'
import { isAbout } from '../statement/is-about.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import { preAuthEncoding, statementPayloadType } from '../statement/pre-auth-encoding.ts'
import type { Statement } from '../statement/statement.ts'
import { parseSimpleSigning } from '../storage/simple-signing.ts'
import { wireFormat } from '../storage/wire-format.ts'
import type { Candidate } from './candidate.ts'
import type { VerifiedEvidence } from './evidence.ts'
import { findSigningKey } from './find-signing-key.ts'
import { type OpenedEnvelope, openBundle, openEnvelope } from './open-envelope.ts'
import { Rejection } from './rejection.ts'

/**
 * Judges one candidate: form, subject and signature. The statement is compared with the image before the signature
 * is looked at, because that is cheaper; nothing is returned unless both hold.
 *
 * @throws {Rejection} with the reason why it does not count.
 * @throws {AttestError} `STATEMENT_INVALID` when what is signed is not a statement.
 */
export function verifyCandidate(
  candidate: Candidate,
  bytes: Uint8Array,
  subject: Digest,
  keys: readonly PublicKey[],
): VerifiedEvidence {
  const { store, manifest, blob } = candidate
  const { payload, statement, keyId } =
    store === 'legacy-signature'
      ? verifySimpleSigning(candidate, bytes, subject, keys)
      : verifyEnvelope(store === 'bundle' ? openBundle(bytes) : openEnvelope(bytes), candidate, subject, keys)
  return {
    store,
    manifest,
    blob: blob.digest,
    payload: digestOf(payload),
    statement,
    signer: { kind: 'key', keyId },
    times: [],
    logEntries: [],
  }
}

interface VerifiedContent {
  readonly payload: Uint8Array
  readonly statement: Statement
  readonly keyId: string
}

function verifyEnvelope(
  { payloadType, payload, signature, hint }: OpenedEnvelope,
  candidate: Candidate,
  subject: Digest,
  keys: readonly PublicKey[],
): VerifiedContent {
  if (payloadType !== statementPayloadType) {
    throw new Rejection(
      'statement-invalid',
      `the payload is ${JSON.stringify(payloadType)}, not an in-toto statement`,
    )
  }
  const statement = parseStatement(payload)
  requireSubject(statement, subject)
  const { keyId } = findSigningKey(
    {
      content: preAuthEncoding(payloadType, payload),
      signature,
      hint,
      hasCertificate: hasCertificate(candidate),
    },
    keys,
  )
  return { payload, statement, keyId }
}

function verifySimpleSigning(
  candidate: Candidate,
  payload: Uint8Array,
  subject: Digest,
  keys: readonly PublicKey[],
): VerifiedContent {
  const signature = decodeCanonicalBase64(
    candidate.blob.annotations?.[wireFormat.annotations.signature] ?? '',
  )
  if (signature === undefined || signature.length === 0) {
    throw new Rejection('signature-invalid', 'the layer carries no signature in standard base64')
  }
  const statement = parseSimpleSigning(payload)
  requireSubject(statement, subject)
  const { keyId } = findSigningKey(
    { content: payload, signature, hasCertificate: hasCertificate(candidate) },
    keys,
  )
  return { payload, statement, keyId }
}

function hasCertificate({ blob }: Candidate): boolean {
  return Boolean(blob.annotations?.[wireFormat.annotations.certificate])
}

function requireSubject(statement: Statement, subject: Digest): void {
  if (!isAbout(statement, subject))
    throw new Rejection('subject-mismatch', `the statement is not about ${subject}`)
}
