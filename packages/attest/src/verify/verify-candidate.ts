import { type Digest, digestOf } from '@sallyport/core'
import { isAbout } from '../statement/is-about.ts'
import type { ResolvedTrust } from '../trust/resolve-trust.ts'
import type { Candidate } from './candidate.ts'
import type { VerifiedEvidence } from './evidence.ts'
import { openCandidate, type OpenedCandidate } from './open-candidate.ts'
import { Rejection } from './rejection.ts'
import { verifySignature } from './signature/verify-signature.ts'

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
  trust: ResolvedTrust,
): VerifiedEvidence {
  const opened = openCandidate(candidate, bytes, { withMaterial: trust.root !== undefined })
  return verifyOpened(candidate, opened, subject, trust)
}

/**
 * Like {@link verifyCandidate}, when the candidate was opened already.
 *
 * @throws {Rejection} with the reason why it does not count.
 */
export function verifyOpened(
  { store, manifest, blob }: Candidate,
  { payload, statement, unverified, materialProblem }: OpenedCandidate,
  subject: Digest,
  trust: ResolvedTrust,
): VerifiedEvidence {
  if (!isAbout(statement, subject))
    throw new Rejection('subject-mismatch', `the statement is not about ${subject}`)
  try {
    const verified = verifySignature(unverified, trust)
    return { store, manifest, blob: blob.digest, payload: digestOf(payload), statement, ...verified }
  } catch (problem) {
    // What could not be read may be what was missing.
    throw materialProblem ?? problem
  }
}
