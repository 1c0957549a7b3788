import type { Descriptor, Digest } from '@sallyport/core'
import { attachAttestation, attachSignature, type AttachResult, type Signer } from '@sallyport/attest'
import type { Repository } from '@sallyport/oci'
import type { Decision } from '@sallyport/policy'
import type { AttachedEvidence } from '../promote/outcome.ts'
import { describeDecision } from './describe-decision.ts'
import type { EvidenceDocument } from './describe-evidence.ts'

/** An image or index at the target, with the decision about it. */
export interface PromotedSubject {
  readonly descriptor: Descriptor
  readonly decision: Decision
}

/** Options of {@link attachEvidence}. */
export interface AttachEvidenceOptions {
  readonly signer: { readonly evidence: Signer; readonly release: Signer }
  /** `registry/repository` for the signature's docker-reference. */
  readonly reference: string
  readonly verifierId: string
  readonly mode: 'bundle' | 'legacy' | 'both'
  readonly createdAt: Date
  readonly signal?: AbortSignal | undefined
}

/** What was attached, and how much of it was new. */
export interface AttachedSet {
  readonly evidence: readonly AttachedEvidence[]
  readonly written: number
}

/**
 * Attaches evidence (signed by the evidence identity), then the decision and the signature (by the release identity).
 * Each subject's signature comes last, so that an image that carries one carries the rest.
 */
export async function attachEvidence(
  target: Repository,
  subjects: readonly PromotedSubject[],
  documents: readonly EvidenceDocument[],
  { signer, reference, verifierId, mode, createdAt, signal }: AttachEvidenceOptions,
): Promise<AttachedSet> {
  const attached: AttachedEvidence[] = []
  let written = 0
  const keep = (subject: Digest, predicateType: string, { pieces, keyId, written: isNew }: AttachResult) => {
    const evidence = { subject, predicateType, keyId, pieces }
    attached.push(evidence)
    if (isNew) written++
    return evidence
  }

  for (const { descriptor, decision } of subjects) {
    const own = documents.filter(({ subject }) => subject === descriptor.digest)
    const relied: AttachedEvidence[] = []
    const options = { mode, createdAt, signal }
    for (const { statement } of own) {
      const result = await attachAttestation(target, descriptor, statement, signer.evidence, options)
      relied.push(keep(descriptor.digest, statement.predicateType, result))
    }
    const summary = describeDecision(descriptor.digest, decision, { verifierId, evidence: relied })
    keep(
      descriptor.digest,
      summary.predicateType,
      await attachAttestation(target, descriptor, summary, signer.release, options),
    )
    keep(
      descriptor.digest,
      'https://sigstore.dev/cosign/sign/v1',
      await attachSignature(target, descriptor, signer.release, { ...options, reference }),
    )
  }
  return { evidence: attached, written }
}
