import type { Digest } from '@sallyport/core'

/**
 * What was found of an image. `allow` comes from an explicit pass of every rule that matches, and from nothing else;
 * `deny`: a rule is not met; `error`: it could not be judged, or nobody asked anything of it.
 */
export type AdmissionVerdict = 'allow' | 'deny' | 'error'

/** What a rule that is not met does: keeps the image out, warns who asked, or is only recorded. */
export type AdmissionMode = 'enforce' | 'warn' | 'audit'

/** Why an image is not allowed, for machines; stable. */
export type AdmissionReasonCode =
  /** It is no image reference. */
  | 'reference-invalid'
  /** A tag that stays a tag: what it leads to may be another image by the time it is pulled. */
  | 'tag-not-pinned'
  | 'registry-not-trusted'
  /** No rule says anything of it. */
  | 'no-rule'
  /** An exemption says that it is not to be judged. */
  | 'exempt'
  | 'image-not-found'
  /** The registry gives something that is no image, or other content than was asked for. */
  | 'image-invalid'
  | 'digest-revoked'
  | 'key-revoked'
  /** No decision of a gate is there. */
  | 'decision-missing'
  /** The decision is for another repository. */
  | 'decision-elsewhere'
  /** The decision is for another tier. */
  | 'decision-other-tier'
  | 'decision-expired'
  /** The gate said no. */
  | 'decision-failed'
  /** By somebody else, malformed, or its signature does not verify. */
  | 'decision-invalid'
  | 'signature-missing'
  | 'signature-invalid'
  | 'sbom-missing'
  | 'sbom-invalid'
  | 'provenance-missing'
  | 'provenance-invalid'
  /** Signed, and by nobody who counts. */
  | 'signer-not-accepted'
  | 'registry-unreachable'
  | 'registry-denied'
  /** The list of what is revoked can't be read. */
  | 'revocation-unreadable'
  /** A rule asks for labels of the namespace, and nobody says what they are. */
  | 'namespace-labels-unknown'
  | 'credentials-unreadable'
  /** The answer is due before there is a verdict. */
  | 'budget-exceeded'
  /** More is waiting to be verified than may wait. */
  | 'overloaded'
  /** The object is not of the form of its kind, so that its images can't be told. */
  | 'object-invalid'
  /** A custom resource in which no Pod is found. */
  | 'kind-unknown'
  /** More images than one review may name. */
  | 'too-many-images'
  /** Nothing of the above; see the message. */
  | 'verification-failed'

/** Why an image is not allowed. */
export interface AdmissionReason {
  /** For machines; stable. */
  readonly code: AdmissionReasonCode
  /** What is wrong, in one sentence, without a secret. */
  readonly message: string
  /** What to do about it. */
  readonly action: string
  /** Name of the rule that is not met. */
  readonly rule?: string | undefined
}

/** Why an image was let in or kept out. */
export type AdmissionGround =
  /** Every rule passed. */
  | 'passed'
  /** An exemption of the policy. */
  | 'exempt'
  /** A rule is not met, and none such is enforced. */
  | 'not-enforced'
  /** `onError: allow`. */
  | 'error-policy'
  /** `noMatch: allow`. */
  | 'no-match-policy'
  | 'refused'

/** A piece of evidence that a verdict relies on. */
export interface ReliedEvidence {
  /** Name of the rule that asked for it. */
  readonly rule: string
  /** What was asked for: `decision`, `sbom`, `signature`, `provenance`. */
  readonly requirement: string
  /** Predicate type (in-toto), as a URI. */
  readonly predicateType: string
  /** Key id, or identity and issuer. */
  readonly signer: string
  /** Digest of the manifest that carries it. */
  readonly manifest: Digest
}

/** May this image run, and why. */
export interface AdmissionDecision {
  /** As it was asked. */
  readonly reference: string
  /** What was found; `admitted` says what follows. */
  readonly verdict: AdmissionVerdict
  /** Whether it may run. `true` without verdict `allow` only as far as the policy says so; see `ground`. */
  readonly admitted: boolean
  /** Which part of the policy decided. */
  readonly ground: AdmissionGround
  /** Name of the exemption, with ground `exempt`. */
  readonly exemption?: string | undefined
  /** Empty with verdict `allow`. */
  readonly reasons: readonly AdmissionReason[]
  /** The digest that was verified; absent when nothing was. */
  readonly digest?: Digest | undefined
  /** Full reference with the digest that was verified, e.g. `docker.io/library/nginx:1.27@sha256:…`; with verdict `allow` only. */
  readonly pinned?: string | undefined
  /** For who asked: rules that are not met and not enforced, and what verifying noticed. */
  readonly warnings: readonly string[]
  /** Names of the rules that match. */
  readonly rules: readonly string[]
  /** What the verdict relies on; empty when nothing was verified. */
  readonly evidence: readonly ReliedEvidence[]
  /** When the verdict was found; earlier than now when it is remembered. ISO 8601. */
  readonly checkedAt: string
  /** Whether nothing was verified anew for it. */
  readonly cached: boolean
}
