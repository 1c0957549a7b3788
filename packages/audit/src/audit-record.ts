import type { EvidenceSigner, EvidenceStore } from '@sallyport/attest'
import type { Digest, Platform, Verdict } from '@sallyport/core'
import type { AuditClass, ManifestRole } from './audit-class.ts'

/** Something that is wrong with an image, and what a person can do. */
export interface AuditProblem {
  readonly class: Exclude<AuditClass, 'compliant'>
  /** What is missing or wrong, in one sentence. */
  readonly message: string
  /** Machine-readable cause, e.g. the code of a rejected candidate. */
  readonly code?: string | undefined
}

/** A piece of evidence that verified, or did not. */
export interface AuditedEvidence {
  readonly kind: 'signature' | 'sbom' | 'provenance' | 'vex' | 'scan' | 'decision' | 'other'
  readonly predicateType?: string | undefined
  readonly store: EvidenceStore
  readonly manifest: Digest
  readonly verified: boolean
  readonly signer?: EvidenceSigner | undefined
  /** ISO 8601: it may be as old as this. */
  readonly signedAt?: string | undefined
  /** Why it does not count, when it does not. */
  readonly reason?: string | undefined
}

/** What a valid decision says. */
export interface AuditedDecision {
  readonly verifier: string
  readonly resourceUri: string
  readonly levels: readonly string[]
  /** ISO 8601. */
  readonly at?: string | undefined
  readonly policyDigest?: Digest | undefined
  /** Signed documents that it relied on and that are not there any more, e.g. garbage-collected; absent without one. */
  readonly missingInputs?: readonly Digest[] | undefined
}

/** How the present policy judges an image by its attested SBOM. */
export interface PresentJudgement {
  readonly verdict: Verdict
  /** Rules that stop it, and what could not be judged; at most 20. */
  readonly reasons: readonly { readonly code: string; readonly message: string }[]
  /** Findings that count, by severity. */
  readonly findings: Readonly<Record<string, number>>
}

/** Where an image runs, as far as it was told. */
export interface Deployment {
  readonly cluster?: string | undefined
  readonly namespace?: string | undefined
  readonly workload: string
  readonly container?: string | undefined
  /**
   * Which digest was reported: the index, the manifest, or the configuration. `tag` is weaker: no digest was reported, and
   * the tag may have been elsewhere when it was pulled.
   */
  readonly matchedBy: 'index' | 'manifest' | 'config' | 'tag'
  /** `registry/repository` that was reported, where it is another one: a mirror, a copy, a rewritten name. */
  readonly reportedAs?: string | undefined
}

/** One manifest of one repository. Each that was seen has exactly one record. */
export interface AuditRecord {
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** Absent only for a tag that is `unread` because the registry would not say what it points to. */
  readonly digest?: Digest | undefined
  readonly role: ManifestRole
  /** Tags that point to it, sorted. */
  readonly tags: readonly string[]
  readonly mediaType?: string | undefined
  readonly artifactType?: string | undefined
  readonly platform?: Platform | undefined
  /** Digest of the configuration of an image; some runtimes report it. */
  readonly config?: Digest | undefined
  /** Manifests that an index lists. */
  readonly children?: readonly Digest[] | undefined
  /** Indexes of the repository that list it; its subject, for evidence. */
  readonly parents?: readonly Digest[] | undefined
  readonly size?: number | undefined
  readonly pushedAt?: string | undefined
  readonly pulledAt?: string | undefined
  /** Worst of its problems, `compliant` without one; absent for what is not judged. */
  readonly class?: AuditClass | undefined
  /** All of them, worst first. */
  readonly problems: readonly AuditProblem[]
  readonly evidence: readonly AuditedEvidence[]
  readonly decision?: AuditedDecision | undefined
  readonly judgement?: PresentJudgement | undefined
  /** Present once deployments were joined. */
  readonly deployments?: readonly Deployment[] | undefined
  /** ISO 8601: when evidence was read last; it may be of an earlier audit. */
  readonly auditedAt: string
}
