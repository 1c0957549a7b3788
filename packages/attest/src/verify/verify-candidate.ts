import { type Digest, digestOf } from '@sallyport/core'
import { isAbout } from '../statement/is-about.ts'
import type { ResolvedTrust } from '../trust/resolve-trust.ts'
import type { Candidate } from './candidate.ts'
import type { VerifiedEvidence } from './evidence.ts'
import { MaterialRejection } from './legacy-material.ts'
import { openCandidate } from './open-candidate.ts'
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
  const judge = (withMaterial: boolean): VerifiedEvidence => {
    const { store, manifest, blob } = candidate
    const { payload, statement, unverified } = openCandidate(candidate, bytes, { withMaterial })
    if (!isAbout(statement, subject))
      throw new Rejection('subject-mismatch', `the statement is not about ${subject}`)
    const verified = verifySignature(unverified, trust)
    return { store, manifest, blob: blob.digest, payload: digestOf(payload), statement, ...verified }
  }
  if (trust.root === undefined) return judge(false)
  try {
    return judge(true)
  } catch (problem) {
    if (!(problem instanceof MaterialRejection)) throw problem
    // Annotations that can't be read take nothing from a signature that one of the keys made.
    try {
      return judge(false)
    } catch {
      throw problem
    }
  }
}
