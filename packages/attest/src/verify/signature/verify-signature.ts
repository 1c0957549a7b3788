import type { ResolvedTrust } from '../../trust/resolve-trust.ts'
import type { EvidenceSigner, VerifiedLogEntry, VerifiedTime } from '../evidence-signer.ts'
import { Rejection } from '../rejection.ts'
import type { UnverifiedSignature } from './unverified-signature.ts'

/** What is known about a signature after it was verified. */
export interface VerifiedSignature {
  readonly signer: EvidenceSigner
  readonly times: readonly VerifiedTime[]
  readonly logEntries: readonly VerifiedLogEntry[]
}

/**
 * Verifies a signature, the certificate behind it, its log entries and its times. What was signed is not looked at:
 * payload type, statement and subject are the caller's to check.
 *
 * @throws {Rejection} with the reason why it does not count; nothing else, whatever comes in.
 */
export function verifySignature(_signature: UnverifiedSignature, _trust: ResolvedTrust): VerifiedSignature {
  throw new Rejection('signature-invalid', 'not verified')
}
