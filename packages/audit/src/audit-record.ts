import type { EvidenceSigner, EvidenceStore } from '@sallyport/attest'
import type { Digest, Platform, Verdict } from '@sallyport/core'
import type { AuditClass, ManifestRole } from './audit-class.ts'

/** Something that is wrong with an image, and what a person can do. */
export interface AuditProblem {
  /** The class that this problem alone would give. */
  readonly class: Exclude<AuditClass, 'compliant'>
  /** What is missing or wrong, in one sentence. */
  readonly message: string
  /** Machine-readable cause, e.g. the code of a rejected candidate. */
  readonly code?: string | undefined
}

/** A piece of evidence that verified, or did not. */
export interface AuditedEvidence {
  /** What it is; `other` for what could not be verified, or is none of these. */
  readonly kind: 'signature' | 'sbom' | 'provenance' | 'vex' | 'scan' | 'decision' | 'other'
  /** Predicate type of its statement; absent for plain signatures and what did not verify. */
  readonly predicateType?: string | undefined
  /** In which form it is stored. */
  readonly store: EvidenceStore
  /** Digest of the manifest that holds it. */
  readonly manifest: Digest
  /** Whether its signature verifies and it is about this image. Whether it counts is another question: `reason`. */
  readonly verified: boolean
  /** Who signed it; absent when it did not verify. */
  readonly signer?: EvidenceSigner | undefined
  /** ISO 8601: it may be as old as this. */
  readonly signedAt?: string | undefined
  /** Why it does not count, when it does not. */
  readonly reason?: string | undefined
}

/** What a valid decision says. */
export interface AuditedDecision {
  /** Id of the gate. */
  readonly verifier: string
  /** The repository that it is about, as of `decisionResource` of `@sallyport/attest`. */
  readonly resourceUri: string
  /** What it verified, as of `decisionLevel` of `@sallyport/attest`. */
  readonly levels: readonly string[]
  /** ISO 8601. */
  readonly at?: string | undefined
  /** Digest of the policy that it was made under; absent when it does not say. */
  readonly policyDigest?: Digest | undefined
  /** Signed documents that it relied on and that are not there any more, e.g. garbage-collected; absent without one. */
  readonly missingInputs?: readonly Digest[] | undefined
}

/** How the present policy judges an image by its attested SBOM. */
export interface PresentJudgement {
  /** What the policy says; `error` where it could not be judged. */
  readonly verdict: Verdict
  /** Rules that stop it, and what could not be judged; at most 20. */
  readonly reasons: readonly { readonly code: string; readonly message: string }[]
  /** Findings that count, by severity. */
  readonly findings: Readonly<Record<string, number>>
}

/** Where an image runs, as far as it was told. */
export interface Deployment {
  /** Cluster, as it was named when deployments were read. */
  readonly cluster?: string | undefined
  /** Namespace in the cluster. */
  readonly namespace?: string | undefined
  /** What runs it, e.g. `Deployment web`. */
  readonly workload: string
  /** Container of the workload. */
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
  /** Host with its port, as in references. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** Absent only for a tag that is `unread` because the registry would not say what it points to. */
  readonly digest?: Digest | undefined
  /** What it is in its repository. */
  readonly role: ManifestRole
  /** Tags that point to it, sorted. */
  readonly tags: readonly string[]
  /** Media type of the manifest, as the registry tells it. */
  readonly mediaType?: string | undefined
  /** Artifact type of the manifest, if it has one. */
  readonly artifactType?: string | undefined
  /** Platform, of what an index lists. */
  readonly platform?: Platform | undefined
  /** Digest of the configuration of an image; some runtimes report it. */
  readonly config?: Digest | undefined
  /** Manifests that an index lists. */
  readonly children?: readonly Digest[] | undefined
  /** Indexes of the repository that list it; its subject, for evidence. */
  readonly parents?: readonly Digest[] | undefined
  /** Bytes of the image as the registry counts them; absent where it does not tell. */
  readonly size?: number | undefined
  /** ISO 8601; absent where the registry does not tell. */
  readonly pushedAt?: string | undefined
  /** ISO 8601: the last pull; absent where the registry does not tell. */
  readonly pulledAt?: string | undefined
  /** Worst of its problems, `compliant` without one; absent for what is not judged. */
  readonly class?: AuditClass | undefined
  /** All of them, worst first. */
  readonly problems: readonly AuditProblem[]
  /** Evidence about it: what counts first, then what does not, then what did not verify; at most 200. */
  readonly evidence: readonly AuditedEvidence[]
  /** The decision that counts or, without one, the nearest that does not. */
  readonly decision?: AuditedDecision | undefined
  /** By the present policy; absent when nothing was judged anew. */
  readonly judgement?: PresentJudgement | undefined
  /** Present once deployments were joined. */
  readonly deployments?: readonly Deployment[] | undefined
  /** ISO 8601: when evidence was read last; it may be of an earlier audit. */
  readonly auditedAt: string
}
