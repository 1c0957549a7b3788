import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import { statementPayloadType } from '../statement/pre-auth-encoding.ts'
import type { Statement } from '../statement/statement.ts'
import { parseSimpleSigning } from '../storage/simple-signing.ts'
import { wireFormat } from '../storage/wire-format.ts'
import type { Candidate } from './candidate.ts'
import { type LegacyMaterial, readLegacyMaterial } from './legacy-material.ts'
import { openBundle } from './open-bundle.ts'
import { openEnvelope } from './open-envelope.ts'
import { Rejection } from './rejection.ts'
import type { UnverifiedSignature } from './signature/unverified-signature.ts'

/** What a candidate says and how it is signed; nothing of it is verified. */
export interface OpenedCandidate {
  /** The bytes of the statement, or the simple signing payload. */
  readonly payload: Uint8Array
  readonly statement: Statement
  readonly unverified: UnverifiedSignature
}

/**
 * Reads a bundle, envelope or simple signing payload.
 *
 * @throws {Rejection} with the reason why it can't be read.
 * @throws {AttestError} `STATEMENT_INVALID` when what is signed is not a statement.
 */
export function openCandidate(
  candidate: Candidate,
  bytes: Uint8Array,
  /** Whether certificates, log entries and timestamps beside a layer matter; without, they are not even read. */
  { withMaterial = true }: { readonly withMaterial?: boolean | undefined } = {},
): OpenedCandidate {
  const { store, blob } = candidate
  const annotations = blob.annotations ?? {}
  switch (store) {
    case 'bundle': {
      const { material, content } = openBundle(bytes)
      if (content.kind !== 'envelope')
        throw new Rejection('bundle-invalid', 'the bundle holds no DSSE envelope with one signature')
      return open({ ...material, signed: content })
    }
    case 'legacy-attestation':
    case 'artifact-attestation': {
      const { payloadType, payload, signature } = openEnvelope(bytes)
      // Other tools name keys in envelopes by forms of their own, so the name is no reason to refuse a signature.
      return open({
        signed: { kind: 'envelope', payloadType, payload, document: bytes },
        signature,
        ...materialOf(annotations, withMaterial),
      })
    }
    case 'legacy-signature':
    case 'artifact-signature': {
      const signature = decodeCanonicalBase64(annotations[wireFormat.annotations.signature] ?? '')
      if (signature === undefined || signature.length === 0)
        throw new Rejection('signature-invalid', 'the layer carries no signature in standard base64')
      return {
        payload: bytes,
        statement: parseSimpleSigning(bytes),
        unverified: {
          signed: { kind: 'message', content: bytes },
          signature,
          ...materialOf(annotations, withMaterial),
        },
      }
    }
  }
}

function open(
  unverified: UnverifiedSignature & {
    readonly signed: Extract<UnverifiedSignature['signed'], { kind: 'envelope' }>
  },
): OpenedCandidate {
  const { payloadType, payload } = unverified.signed
  if (payloadType !== statementPayloadType) {
    throw new Rejection(
      'statement-invalid',
      `the payload is ${JSON.stringify(payloadType)}, not an in-toto statement`,
    )
  }
  return { payload, statement: parseStatement(payload), unverified }
}

function materialOf(annotations: Readonly<Record<string, string>>, withMaterial: boolean): LegacyMaterial {
  if (withMaterial) return readLegacyMaterial(annotations)
  const hasCertificate = Boolean(annotations[wireFormat.annotations.certificate])
  return {
    certificate: hasCertificate ? { leaf: new Uint8Array(), chain: [] } : undefined,
    logEntries: [],
    timestamps: [],
  }
}
