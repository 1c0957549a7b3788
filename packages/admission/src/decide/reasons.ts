import type { AdmissionReason, AdmissionReasonCode } from '../decision.ts'

/** What to do about each reason. */
const actions: Readonly<Record<AdmissionReasonCode, string>> = {
  'reference-invalid': 'write it as registry/repository:tag or registry/repository@sha256:…',
  'tag-not-pinned': 'name the image by digest, or let the mutating webhook pin it',
  'registry-not-trusted': 'promote the image to a registry that the rule trusts',
  'no-rule': 'add a rule for this image to the policy, or run an image that one is about',
  exempt: 'nothing: the policy exempts it',
  'image-not-found': 'check the name, tag and digest, and whether it is still in the registry',
  'image-invalid': 'push the image again; what is in the registry is no image that can be run',
  'digest-revoked': 'run another version; this one was withdrawn',
  'key-revoked': 'promote the image again, so that it is signed by a key that counts',
  'decision-missing': 'promote the image through the gate to this repository',
  'decision-elsewhere': 'promote the image to this repository; a decision counts where it was made for',
  'decision-other-tier': 'promote the image to this tier',
  'decision-expired': 'promote the image again: its decision is too old',
  'decision-failed': 'read the report of the gate; it refused this image',
  'decision-invalid': 'promote the image again through a gate that the rule trusts',
  'signature-missing': 'sign the image',
  'signature-invalid': 'sign the image again',
  'sbom-missing': 'attach an SBOM; if there was one, find out who removed it',
  'sbom-invalid': 'attach an SBOM that describes this image',
  'provenance-missing': 'attach the provenance of the build',
  'provenance-invalid': 'build the image with a builder that the rule trusts',
  'signer-not-accepted': 'let somebody sign whom the rule names, or add the signer to the policy',
  'registry-unreachable': 'try again; if it stays so, look at the registry and the network',
  'registry-denied': 'give the pull secret or the webhook the right to read the image and its referrers',
  'revocation-unreadable': 'repair the list of what is revoked',
  'namespace-labels-unknown': 'let the webhook read namespaces, or match by name',
  'credentials-unreadable': 'check the pull secrets of the Pod and its service account',
  'budget-exceeded': 'try again; the verification goes on, and its outcome is remembered',
  overloaded: 'try again in a moment',
  'object-invalid': 'give the object the form of its kind',
  'kind-unknown': 'say in the policy, under kinds, where the Pod of this kind is',
  'too-many-images': 'split the object',
  'verification-failed': 'read the message, and the log of the webhook',
}

/** A reason with what to do about it. */
export function reasonOf(code: AdmissionReasonCode, message: string, rule?: string): AdmissionReason {
  return { code, message, action: actions[code], ...(rule !== undefined && { rule }) }
}
