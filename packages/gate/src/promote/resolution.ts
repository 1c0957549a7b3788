import type { Descriptor, Digest } from '@sallyport/core'
import type { PromotionKey } from '../ports/journal.ts'
import type { AttachedEvidence } from '../record/attached-evidence.ts'

/** What step `resolve` found out. Serialisable. */
export interface Resolution {
  /** Names the promotion in the journal. */
  readonly key: PromotionKey
  /** Number of the attempt. */
  readonly attempt: number
  /** ISO 8601 time at which the attempt began. */
  readonly startedAt: string
  /** The source as it was asked for, with the digest that it had. */
  readonly source: { readonly name: string; readonly descriptor: Descriptor }
  /** In its canonical form. */
  readonly destination: string
  /** Where the tag is now; the one that may be replaced. */
  readonly expected?: Digest | undefined
  /** Where the tag was before this attempt touched it. */
  readonly previousDigest?: Digest | undefined
  /** Present when there is nothing to do: the target has it, with evidence that verified and still counts. */
  readonly unchanged?:
    | {
        readonly judgement: Digest
        readonly root: Descriptor
        readonly evidence: readonly AttachedEvidence[]
      }
    | undefined
}

/** What step `prepare` came to. Serialisable. */
export type Preparation =
  | {
      readonly verdict: 'pass'
      /** Names what was found out in the journal's store of evidence. */
      readonly judgement: Digest
      /** ISO 8601 time of the decision. */
      readonly decidedAt: string
      readonly images: readonly Descriptor[]
      /** Present when the source is an index. */
      readonly index?: Descriptor | undefined
      /** What was sent to the target. */
      readonly pushed: { readonly blobs: number; readonly manifests: number; readonly bytes: number }
    }
  | {
      readonly verdict: 'fail' | 'error'
      readonly judgement: Digest
      /** Id of the record in quarantine. */
      readonly quarantine: string
    }

/** A preparation that may go on. */
export type PassedPreparation = Preparation & { readonly verdict: 'pass' }

/** What step `attest` attached. Serialisable. */
export interface Attestation {
  /** What is at the target now. */
  readonly evidence: readonly AttachedEvidence[]
  /** How many pieces were not there before. */
  readonly written: number
}

/** What step `verify` read back. Serialisable. */
export interface Verification {
  /** What was read back, and verified. */
  readonly evidence: readonly AttachedEvidence[]
  /** ISO 8601 time. */
  readonly verifiedAt: string
}

/** What step `publish` did. Serialisable. */
export interface Publication {
  /** `false` when the tag was there already. */
  readonly moved: boolean
}

/** A promotion that has verified at its target, and whose tag may move. */
export interface Candidate {
  readonly state: 'verified'
  readonly resolution: Resolution
  readonly preparation: PassedPreparation
  readonly attestation: Attestation
  readonly verification: Verification
}

/** What the tag points to: the index, or the one image. */
export function rootOf({ index, images }: Pick<PassedPreparation, 'index' | 'images'>): Descriptor {
  return index ?? images[0]!
}
