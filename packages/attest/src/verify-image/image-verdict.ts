import type { Digest, Platform, Verdict } from '@sallyport/core'
import type { BuilderProblemCode } from '../predicates/check-builder.ts'
import type { SbomProblemCode } from '../predicates/check-sbom-subject.ts'
import type { VsaProblemCode } from '../predicates/check-vsa.ts'
import type { EvidenceStore, RejectionReason } from '../verify/evidence.ts'
import type { EvidenceSigner, VerifiedTime } from '../verify/evidence-signer.ts'
import type { Requirement } from './requirement.ts'

/** Whether an image comes with what is required, and why. */
export interface ImageVerdict {
  /**
   * `pass`: each requirement is satisfied by evidence named below. `fail`: one is not. `error`: it could not be judged
   * (registry not reachable, access denied, manifest malformed); never lets anything through.
   */
  readonly verdict: Verdict
  /** `true` only for `pass`. */
  readonly allow: boolean
  /** What was asked about. */
  readonly reference: string
  /** What it resolved to, once; everything else is about this digest. Use it instead of the tag. */
  readonly digest?: Digest | undefined
  /** The manifests that were judged: the image or index itself, or the platforms of the index. */
  readonly subjects: readonly JudgedSubject[]
  /** One for each subject and each requirement, in their order. */
  readonly requirements: readonly RequirementResult[]
  /** Where evidence was looked for, and what was there. */
  readonly stores: readonly StoreReport[]
  /** What does not change the verdict but should be known. */
  readonly warnings: readonly VerdictWarning[]
  /** Why it could not be judged; with verdict `error` only. */
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

/** A manifest or index that was judged. */
export interface JudgedSubject {
  /** Digest of the manifest or index. */
  readonly digest: Digest
  /** How it fares: `pass`, `fail` or `error`. */
  readonly verdict: Verdict
  /** As the index says, when it is one of its platforms. */
  readonly platform?: Platform | undefined
}

/** How one requirement fares for one subject. */
export interface RequirementResult {
  /** What messages call the requirement. */
  readonly name: string
  /** Kind of the requirement. */
  readonly kind: Requirement['kind']
  /** What it was asked of. */
  readonly subject: Digest
  /** Whether it is met. */
  readonly satisfied: boolean
  /** What is missing, or what there is, in one sentence. */
  readonly message: string
  /** The evidence that counts for it. Once it is satisfied no more is looked for. */
  readonly evidence: readonly CountedEvidence[]
  /** Why other candidates don't count, the nearest first; at most 20. */
  readonly candidates: readonly MissedCandidate[]
  /** How many more candidates don't count, by code. */
  readonly omitted: Readonly<Partial<Record<CandidateProblemCode, number>>>
  /** Results of what it is made of, for `allOf`, `anyOf`, `atLeast`. */
  readonly parts?: readonly RequirementResult[] | undefined
}

/** Evidence that counts for a requirement. */
export interface CountedEvidence extends CandidatePlace {
  /** Who signed it. */
  readonly signer: EvidenceSigner
  /** When the signature certainly existed; may be empty. */
  readonly times: readonly VerifiedTime[]
  /** Predicate type (in-toto), as a URI. */
  readonly predicateType: string
  /** Until when it is young enough for the requirement; absent when that asks for no age. */
  readonly freshUntil?: Date | undefined
}

/** Where a candidate is. */
export interface CandidatePlace {
  /** What it is about: the judged subject, or the index above it. */
  readonly subject: Digest
  /** Which form of storage it is in. */
  readonly store: EvidenceStore
  /** Name of the repository, when it is another than the image's. */
  readonly repository?: string | undefined
  /** Manifest that holds it. */
  readonly manifest: Digest
  /** Absent when the manifest itself could not be used. */
  readonly blob?: Digest | undefined
}

/** A candidate that does not count for a requirement. */
export interface MissedCandidate extends CandidatePlace {
  /** For machines; stable. */
  readonly code: CandidateProblemCode
  /** Why it does not count, in a sentence. */
  readonly message: string
  /** Who signed it, when that was verified. */
  readonly signer?: EvidenceSigner | undefined
}

/** Why a candidate does not count for a requirement. */
export type CandidateProblemCode = RejectionReason | EvidenceProblemCode

/** Why evidence, or what looks like it, does not satisfy a requirement. */
export type EvidenceProblemCode =
  /** Of another predicate type, or no signature where one is needed. */
  | 'predicate-type-mismatch'
  /** By none of the listed keys and identities. */
  | 'signer-not-accepted'
  /** By a listed key, outside of its time of validity. */
  | 'key-not-valid'
  /** A maximum age is required, and neither a verified time nor one in the predicate says how old it is. */
  | 'age-unknown'
  | 'annotation-mismatch'
  /** Signed for another repository, or for none that is named. */
  | 'reference-mismatch'
  /** Does not fit its schema. */
  | 'predicate-invalid'
  | 'condition-failed'
  /** The condition or inventory of the caller failed; the verdict is `error` unless something else satisfies. */
  | 'condition-threw'
  /** A build level below the one that is needed. */
  | 'level-too-low'
  | VsaProblemCode
  | BuilderProblemCode
  | SbomProblemCode

/** What one store held about one digest, as far as it was looked at: once all is satisfied nothing more is. */
export interface StoreReport {
  /** What the store was asked about. */
  readonly subject: Digest
  /** Which form of storage it is. */
  readonly store: EvidenceStore
  /** Candidates with a valid signature by one of the signers of the requirements. */
  readonly verified: number
  /** Candidates that don't count for anybody. */
  readonly rejected: number
  /** Candidates of a type that nothing needs; their signatures were not looked at. */
  readonly unneeded: number
}

/** Something to know besides the verdict. */
export interface VerdictWarning {
  /** For machines; stable. */
  readonly code: 'bundles-hide-signatures' | 'limit-exceeded' | 'junk-evidence' | 'cache-unavailable'
  /** What it is about. */
  readonly subject: Digest
  /** What to know, in a sentence. */
  readonly message: string
}
