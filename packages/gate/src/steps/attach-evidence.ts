import type { Descriptor } from '@sallyport/core'
import { createAttacher, type EvidenceItem } from '@sallyport/attest'
import type { Repository } from '@sallyport/oci'
import type { Decision } from '@sallyport/policy'
import {
  confirmationTrust,
  type GateSigner,
  type SignatureConfirmation,
  signedBy,
} from '../promote/gate-signer.ts'
import type { AttachedEvidence } from '../record/attached-evidence.ts'
import { describeBreakGlass } from './describe-break-glass.ts'
import { describeDecision } from './describe-decision.ts'
import type { EvidenceDocument } from './describe-evidence.ts'

/** An image or index at the target, with the decision about it. */
export interface PromotedSubject {
  /** The image or index. */
  readonly descriptor: Descriptor
  /** The decision about it. */
  readonly decision: Decision
}

/** Options of {@link attachEvidence}. */
export interface AttachEvidenceOptions {
  /** Signs evidence, and signs that an image may go. */
  readonly signer: { readonly evidence: GateSigner; readonly release: GateSigner }
  /** Who confirms each signature. */
  readonly confirmation: SignatureConfirmation | undefined
  /** `registry/repository` for the signature's docker-reference. */
  readonly reference: string
  /** Id of this gate, as decisions name it. */
  readonly verifierId: string
  /** Where signatures are stored. */
  readonly mode: 'bundle' | 'legacy' | 'both'
  /** Time that the statements carry. */
  readonly createdAt: Date
  /** As in `AttachOptions` of `@sallyport/attest`. */
  readonly settleMs?: number | undefined
  /** Ends the work; the promise rejects with `signal.reason`. What was stored by then stays. */
  readonly signal?: AbortSignal | undefined
}

/** What was attached, and how much of it was new. */
export interface AttachedSet {
  /** All pieces, new ones and those that were there. */
  readonly evidence: readonly AttachedEvidence[]
  /** How many of them were new. */
  readonly written: number
}

/**
 * Attaches the evidence of all subjects (signed by the evidence identity), then the decisions about them, then the
 * signatures (both by the release identity), so that an image that carries one carries the rest. Only at the end, and
 * once for all, it waits until no other writer can displace them.
 */
export async function attachEvidence(
  target: Repository,
  subjects: readonly PromotedSubject[],
  documents: readonly EvidenceDocument[],
  { signer, confirmation, reference, verifierId, mode, createdAt, settleMs, signal }: AttachEvidenceOptions,
): Promise<AttachedSet> {
  const attacher = createAttacher(target, {
    mode,
    createdAt,
    settleMs,
    witnesses: confirmation?.witnesses,
    trust: confirmationTrust(confirmation),
    signal,
  })
  let written = 0
  const attach = async (
    items: readonly (EvidenceItem & { readonly predicateType: string; readonly signer: GateSigner })[],
  ): Promise<readonly AttachedEvidence[]> => {
    const results = await attacher.attach(items)
    written += results.filter((each) => each.written).length
    return results.map(({ pieces }, at) => {
      const { subject, predicateType, signer: by } = items[at]!
      return { subject: subject.digest, predicateType, ...signedBy(by), pieces }
    })
  }

  const evidence = await attach(
    subjects.flatMap(({ descriptor }) =>
      documents
        .filter(({ subject }) => subject === descriptor.digest)
        .map(({ statement }) => ({
          subject: descriptor,
          statement,
          signer: signer.evidence,
          predicateType: statement.predicateType,
        })),
    ),
  )
  const decisions = await attach(
    subjects.flatMap(({ descriptor, decision }) => {
      const { digest } = descriptor
      const relied = evidence.filter(({ subject }) => subject === digest)
      const statements = [
        describeDecision(digest, decision, { verifierId, evidence: relied }),
        ...(decision.breakGlass ? [describeBreakGlass(digest, decision, { verifierId })] : []),
      ]
      return statements.map((statement) => ({
        subject: descriptor,
        statement,
        signer: signer.release,
        predicateType: statement.predicateType,
      }))
    }),
  )
  const signatures = await attach(
    subjects.map(({ descriptor }) => ({
      subject: descriptor,
      reference,
      signer: signer.release,
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
    })),
  )
  await attacher.settle()
  return { evidence: [...evidence, ...decisions, ...signatures], written }
}
