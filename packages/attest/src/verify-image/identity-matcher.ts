import { RE2JS } from 're2js'
import type { CertificateIdentity } from '../trust/verification-trust.ts'
import type { EvidenceSigner } from '../verify/evidence-signer.ts'

export function identityMatcher({
  issuer,
  subject,
  claims = {},
}: CertificateIdentity): (signer: EvidenceSigner) => boolean {
  const fits = (rule: string | { readonly pattern: string }): ((text: string) => boolean) => {
    if (typeof rule === 'string') return (text) => text === rule
    const pattern = RE2JS.compile(rule.pattern)
    return (text) => pattern.matches(text)
  }
  const issuerFits = fits(issuer)
  const subjectFits = fits(subject)
  return (signer) =>
    signer.kind === 'certificate' &&
    issuerFits(signer.issuer) &&
    subjectFits(signer.subject) &&
    Object.entries(claims).every(
      ([name, value]) => Object.hasOwn(signer.claims, name) && signer.claims[name] === value,
    )
}
