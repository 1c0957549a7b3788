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
  /**
   * Why certificate, log entry and timestamps beside a layer are left out of `unverified`. It takes nothing from a
   * signature that a trusted key made.
   */
  readonly materialProblem?: Rejection | undefined
}

/** Of simple signing: a digest, a name and a few annotations. */
const maxPayloadBytes = 256 * 1024

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
        // cosign makes such bundles of files; of an image it takes envelopes only.
        throw new Rejection(
          'statement-invalid',
          'the bundle is a signature over bytes, and holds no DSSE envelope with a statement',
        )
      return open({ ...material, signed: content })
    }
    case 'legacy-attestation':
    case 'artifact-attestation': {
      const { payloadType, payload, signature } = openEnvelope(bytes)
      // Other tools name keys in envelopes by forms of their own, so the name is no reason to refuse a signature.
      const { material, materialProblem } = materialOf(annotations, withMaterial)
      const signed = { kind: 'envelope', payloadType, payload, document: bytes } as const
      return { ...open({ signed, signature, ...material }), materialProblem }
    }
    case 'legacy-signature':
    case 'artifact-signature': {
      if (bytes.byteLength > maxPayloadBytes)
        throw new Rejection('limit-exceeded', `the payload is larger than ${maxPayloadBytes} bytes`)
      const signature = decodeCanonicalBase64(annotations[wireFormat.annotations.signature] ?? '')
      if (signature === undefined || signature.length === 0)
        throw new Rejection('signature-invalid', 'the layer carries no signature in standard base64')
      const { material, materialProblem } = materialOf(annotations, withMaterial)
      return {
        payload: bytes,
        statement: parseSimpleSigning(bytes),
        unverified: { signed: { kind: 'message', content: bytes }, signature, ...material },
        materialProblem,
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

function materialOf(
  annotations: Readonly<Record<string, string>>,
  withMaterial: boolean,
): { readonly material: LegacyMaterial; readonly materialProblem?: Rejection | undefined } {
  const hasCertificate = Boolean(annotations[wireFormat.annotations.certificate])
  const material: LegacyMaterial = {
    certificate: hasCertificate ? { leaf: new Uint8Array(), chain: [] } : undefined,
    logEntries: [],
    timestamps: [],
  }
  if (!withMaterial) return { material }
  try {
    return { material: readLegacyMaterial(annotations) }
  } catch (problem) {
    if (!(problem instanceof Rejection)) throw problem
    return { material, materialProblem: problem }
  }
}
