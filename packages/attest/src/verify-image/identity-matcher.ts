import { textMatcher } from '../trust/text-matcher.ts'
import type { CertificateIdentity } from '../trust/verification-trust.ts'
import type { EvidenceSigner } from '../verify/evidence-signer.ts'

/**
 * Judges whether a verified signer is this identity: issuer, subject and each claim.
 *
 * @throws {AttestError} `TRUST_INVALID` when a pattern is no regular expression.
 */
export function identityMatcher({
  issuer,
  subject,
  claims = {},
}: CertificateIdentity): (signer: EvidenceSigner) => boolean {
  const issuerFits = textMatcher(issuer)
  const subjectFits = textMatcher(subject)
  const claimsFit = Object.entries(claims).map(([name, expected]) => [name, textMatcher(expected)] as const)
  return (signer) =>
    signer.kind === 'certificate' &&
    issuerFits(signer.issuer) &&
    subjectFits(signer.subject) &&
    claimsFit.every(([name, fits]) => Object.hasOwn(signer.claims, name) && fits(signer.claims[name] ?? ''))
}
