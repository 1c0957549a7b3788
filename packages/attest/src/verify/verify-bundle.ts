import { createHash } from 'node:crypto'
import { type Digest, digestAlgorithm, digestHex } from '@sallyport/core'
import { isAbout } from '../statement/is-about.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import { statementPayloadType } from '../statement/pre-auth-encoding.ts'
import type { Statement } from '../statement/statement.ts'
import { resolveTrust } from '../trust/resolve-trust.ts'
import type { VerificationTrust } from '../trust/verification-trust.ts'
import type { EvidenceSigner, VerifiedLogEntry, VerifiedTime } from './evidence-signer.ts'
import type { RejectionReason } from './evidence.ts'
import { type BundleContent, openBundle } from './open-bundle.ts'
import { Rejection, toRejection } from './rejection.ts'
import type { SignedBytes } from './signature/unverified-signature.ts'
import { verifySignature } from './signature/verify-signature.ts'

/** What a bundle should be about: the bytes, or their digest. */
export type BundleArtifact = { readonly bytes: Uint8Array } | { readonly digest: Digest }

/** What {@link verifyBundle} found. */
export type BundleVerdict =
  | {
      readonly verified: true
      readonly signer: EvidenceSigner
      readonly times: readonly VerifiedTime[]
      readonly logEntries: readonly VerifiedLogEntry[]
      /** Present when the bundle holds a statement; the predicate type is the caller's to check. */
      readonly statement?: Statement | undefined
    }
  | { readonly verified: false; readonly reason: RejectionReason; readonly message: string }

/** Options of {@link verifyBundle}. */
export interface VerifyBundleOptions extends VerificationTrust {
  /** Default: the system's. Used only for keys and logs of signatures that nothing else dates. */
  readonly now?: (() => Date) | undefined
}

const maxBytes = 32 * 1024 * 1024

/**
 * Verifies a Sigstore bundle about an artifact, offline: a signature over the artifact itself, or over an in-toto
 * statement with the artifact as a subject.
 *
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID` when the trust makes no sense. A bundle that
 *   does not verify is a value.
 */
export function verifyBundle(
  bundle: Uint8Array,
  artifact: BundleArtifact,
  { now, ...trust }: VerifyBundleOptions,
): BundleVerdict {
  const resolved = resolveTrust(trust, { now })
  try {
    if (bundle.byteLength > maxBytes)
      throw new Rejection('limit-exceeded', `the bundle is larger than ${maxBytes} bytes`)
    const { material, content } = openBundle(bundle)
    const { signed, statement } =
      content.kind === 'envelope' ? openStatement(content, artifact) : openMessage(content, artifact)
    return { verified: true, ...verifySignature({ ...material, signed }, resolved), statement }
  } catch (error) {
    const { reason, message } = toRejection(error, 'bundle-invalid')
    return { verified: false, reason, message }
  }
}

interface Opened {
  readonly signed: SignedBytes
  readonly statement?: Statement | undefined
}

function openStatement(
  content: Extract<BundleContent, { kind: 'envelope' }>,
  artifact: BundleArtifact,
): Opened {
  if (content.payloadType !== statementPayloadType)
    throw new Rejection(
      'statement-invalid',
      `the payload is ${JSON.stringify(content.payloadType.slice(0, 100))}, not an in-toto statement`,
    )
  const statement = parseStatement(content.payload)
  const isMeant =
    'digest' in artifact
      ? isAbout(statement, artifact.digest)
      : (['sha256', 'sha384', 'sha512'] as const).some((algorithm) =>
          isAboutBytes(statement, algorithm, artifact.bytes),
        )
  if (!isMeant) throw new Rejection('subject-mismatch', 'the statement is not about the artifact')
  return { signed: content, statement }
}

function isAboutBytes({ subject }: Statement, algorithm: string, bytes: Uint8Array): boolean {
  if (!subject.some(({ digest }) => Object.hasOwn(digest, algorithm))) return false
  const hex = createHash(algorithm).update(bytes).digest('hex')
  return subject.some(({ digest }) => Object.hasOwn(digest, algorithm) && digest[algorithm] === hex)
}

function openMessage(
  { algorithm, digest }: Extract<BundleContent, { kind: 'message' }>,
  artifact: BundleArtifact,
): Opened {
  const named = Buffer.from(digest)
  if ('bytes' in artifact) {
    if (!createHash(algorithm).update(artifact.bytes).digest().equals(named)) throw otherArtifact()
    return { signed: { kind: 'message', content: artifact.bytes } }
  }
  if (digestAlgorithm(artifact.digest) !== algorithm || digestHex(artifact.digest) !== named.toString('hex'))
    throw otherArtifact()
  return { signed: { kind: 'digest', algorithm, digest } }
}

function otherArtifact(): Rejection {
  return new Rejection('subject-mismatch', 'the signature is about another artifact')
}
