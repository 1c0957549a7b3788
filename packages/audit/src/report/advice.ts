import type { AuditClass } from '../audit-class.ts'

/** What a class of images means, and what to do about them. */
export interface Advice {
  /** What is so, in a few words. */
  readonly meaning: string
  /** What to do, in one or two sentences. */
  readonly action: string
  /** Section of the guide, relative to the project's root. */
  readonly docs: `docs/guides/audit.md#${AuditClass}`
}

const advice: Readonly<Record<AuditClass, Omit<Advice, 'docs'>>> = {
  error: {
    meaning: 'could not be judged',
    action:
      'Give the audit the access that the message asks for, or replace the manifest where it is malformed; then audit again. Until then it counts as bad.',
  },
  unverifiable: {
    meaning: 'has evidence, but none that verifies',
    action:
      'Find out who wrote the evidence and why it does not verify. Promote the image again from its source, or retire it.',
  },
  unsigned: {
    meaning: 'has no signature',
    action:
      'Find out who pushed it. Promote it again from its source; sign it as it is, or retire it, where there is none.',
  },
  'wrong-identity': {
    meaning: 'is signed by somebody who does not count',
    action:
      'Promote it again from its source. Add the signer to the terms only if its images are meant to run here.',
  },
  'no-decision': {
    meaning: 'has no decision of the gate',
    action: 'Promote it again: nobody judged it for this place.',
  },
  'decision-elsewhere': {
    meaning: 'has a decision about another repository or tier',
    action: 'Attest it again: the gate judges it for this repository and tier, and its digest stays.',
  },
  'decision-stale': {
    meaning: 'has a decision that is too old or under another policy',
    action: 'Attest it again, so that the present policy judges it as it is.',
  },
  'would-fail-today': {
    meaning: 'would be stopped by the present policy',
    action:
      'Rebuild it with the fixes that the reasons name, or grant a waiver that expires; then promote it again.',
  },
  'no-sbom': {
    meaning: 'has no SBOM that counts',
    action: 'Attest it again, so that it carries an SBOM made of the image itself.',
  },
  'sbom-disagrees': {
    meaning: 'has an SBOM that is not about it',
    action: 'Find out where the SBOM came from, and do not rely on it. Promote it again from its source.',
  },
  'no-provenance': {
    meaning: 'has no provenance that counts',
    action: 'Build it where provenance is signed, or add its builder to the terms; then promote it again.',
  },
  'legacy-only': {
    meaning: 'has its evidence only under the old tags of cosign',
    action:
      'Attest it again, so that its evidence is attached as referrers, which copies and verifiers find.',
  },
  compliant: { meaning: 'has all that is needed', action: 'Nothing to do.' },
}

/** What a class means and what to do about it: the one place that every report takes it from. */
export function adviceOn(auditClass: AuditClass): Advice {
  return { ...advice[auditClass], docs: `docs/guides/audit.md#${auditClass}` }
}

/** Where the guide is, as an address of the web. `base` ends in `/`. */
export const docsAddress = (auditClass: AuditClass, base: string = 'https://sallyport.dev/'): string =>
  `${base}${adviceOn(auditClass).docs}`
