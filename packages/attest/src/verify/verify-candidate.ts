import { type Digest, digestOf } from '@sallyport/core'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import { isAbout } from '../statement/is-about.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import { statementPayloadType } from '../statement/pre-auth-encoding.ts'
import type { Statement } from '../statement/statement.ts'
import { parseSimpleSigning } from '../storage/simple-signing.ts'
import { wireFormat } from '../storage/wire-format.ts'
import type { ResolvedTrust } from '../trust/resolve-trust.ts'
import type { Candidate } from './candidate.ts'
import type { VerifiedEvidence } from './evidence.ts'
import { type LegacyMaterial, readLegacyMaterial } from './legacy-material.ts'
import { openBundle } from './open-bundle.ts'
import { openEnvelope } from './open-envelope.ts'
import { Rejection } from './rejection.ts'
import type { UnverifiedSignature } from './signature/unverified-signature.ts'
import { type VerifiedSignature, verifySignature } from './signature/verify-signature.ts'

/**
 * Judges one candidate: form, subject and signature. The statement is compared with the image before the signature
 * is looked at, because that is cheaper; nothing is returned unless both hold.
 *
 * @throws {Rejection} with the reason why it does not count.
 * @throws {AttestError} `STATEMENT_INVALID` when what is signed is not a statement.
 */
export function verifyCandidate(
  { store, manifest, blob }: Candidate,
  bytes: Uint8Array,
  subject: Digest,
  trust: ResolvedTrust,
): VerifiedEvidence {
  const { payload, statement, verify } = open(store, bytes, blob.annotations)
  if (!isAbout(statement, subject))
    throw new Rejection('subject-mismatch', `the statement is not about ${subject}`)
  return { store, manifest, blob: blob.digest, payload: digestOf(payload), statement, ...verify(trust) }
}

interface Opened {
  /** The exact bytes that the statement was read from. */
  readonly payload: Uint8Array
  readonly statement: Statement
  readonly verify: (trust: ResolvedTrust) => VerifiedSignature
}

function open(
  store: Candidate['store'],
  bytes: Uint8Array,
  annotations: Readonly<Record<string, string>> | undefined,
): Opened {
  switch (store) {
    case 'bundle': {
      const { material, content } = openBundle(bytes)
      if (content.kind === 'message') {
        // cosign makes such bundles of files. Of an image it takes envelopes only.
        throw new Rejection(
          'statement-invalid',
          'the bundle is a signature over bytes; one of an image is a statement about its digest',
        )
      }
      const statement = readStatement(content)
      const verify = (trust: ResolvedTrust) => verifySignature({ ...material, signed: content }, trust)
      return { payload: content.payload, statement, verify }
    }
    case 'legacy-signature':
    case 'artifact-signature': {
      const signature = decodeCanonicalBase64(annotations?.[wireFormat.annotations.signature] ?? '')
      if (signature === undefined || signature.length === 0)
        throw new Rejection('signature-invalid', 'the layer carries no signature in standard base64')
      const statement = parseSimpleSigning(bytes)
      const signed = { kind: 'message', content: bytes } as const
      return { payload: bytes, statement, verify: verifierOf({ signed, signature }, annotations) }
    }
    case 'legacy-attestation':
    case 'artifact-attestation': {
      const { payloadType, payload, signature } = openEnvelope(bytes)
      const signed = { kind: 'envelope', payloadType, payload } as const
      return {
        payload,
        statement: readStatement(signed),
        verify: verifierOf({ signed, signature }, annotations),
      }
    }
  }
}

function readStatement({ payloadType, payload }: { payloadType: string; payload: Uint8Array }): Statement {
  if (payloadType === statementPayloadType) return parseStatement(payload)
  const name = JSON.stringify(payloadType.slice(0, 100))
  throw new Rejection('statement-invalid', `the payload is ${name}, not an in-toto statement`)
}

/** Annotations that can't be read take nothing from a signature that one of the keys made. */
function verifierOf(
  bare: Pick<UnverifiedSignature, 'signed' | 'signature'>,
  annotations: Readonly<Record<string, string>> | undefined,
): Opened['verify'] {
  return (trust) => {
    let material: LegacyMaterial
    try {
      material = readLegacyMaterial(annotations)
    } catch (problem) {
      try {
        return verifySignature({ ...bare, logEntries: [], timestamps: [] }, trust)
      } catch {
        throw problem
      }
    }
    return verifySignature({ ...bare, ...material }, trust)
  }
}
