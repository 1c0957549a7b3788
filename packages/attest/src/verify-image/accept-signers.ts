import type { VerifiedEvidence } from '../verify/evidence.ts'
import { findAcceptedSigners, parseAcceptedSigners } from './accepted-signers.ts'
import { isProblem } from './compiled-requirement.ts'
import type { AcceptedSigners } from './requirement.ts'

/** Why a verified signature does not count for somebody. */
export interface SignerProblem {
  /** For machines; stable. */
  readonly code: 'signer-not-accepted' | 'key-not-valid'
  /** What is wrong, in a sentence. */
  readonly message: string
}

/** Says why a verified signature is by none of some signers at `now`; `undefined` when it is by one of them. */
export type SignerCheck = (
  evidence: Pick<VerifiedEvidence, 'signer' | 'times'>,
  now: Date,
) => SignerProblem | undefined

/**
 * Makes a check of verified evidence by a list of signers, for callers who read all evidence once and ask several things
 * of it. `who` names the list in errors.
 *
 * @throws {AttestError} `REQUIREMENT_INVALID` when the list is empty or names a signer twice.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID`.
 */
export function acceptSigners(accepted: AcceptedSigners, who: string): SignerCheck {
  const entries = parseAcceptedSigners(accepted, who)
  return (evidence, now) => {
    const found = findAcceptedSigners(entries, evidence, now)
    if (!isProblem(found)) return undefined
    return {
      code: found.code === 'key-not-valid' ? found.code : 'signer-not-accepted',
      message: found.message,
    }
  }
}
