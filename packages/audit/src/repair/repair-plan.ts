import type { Digest } from '@sallyport/core'
import type { AuditClass } from '../audit-class.ts'

/**
 * What is done about an image.
 *
 * - `promote`: it goes through the gate again, from where it came from if the journal knows that; the tag may come to be at
 *   another digest, that of the hardened image.
 * - `attest`: it goes through the gate as it is, onto itself; the digest stays, and gets its evidence.
 * - `sign`: it is signed as it is, by a key of its own, with a statement that nobody judged it (`backfillType`).
 * - `retire`: its tags are taken away, after a copy to a quarantine repository if one is named.
 * - `delete`: as `retire`, and then its manifest is deleted. Never done without `unsafeDeleteManifests` of `repair`.
 * - `ask`: a person must decide; nothing is done.
 */
export type RepairKind = 'promote' | 'attest' | 'sign' | 'retire' | 'delete' | 'ask'

/** What a person may change an action to: to do less, never more. */
export const weakerKinds: Readonly<Record<RepairKind, readonly RepairKind[]>> = {
  promote: ['attest', 'ask'],
  attest: ['ask'],
  // What is signed without a judgement, or taken away, was asked for when it was planned.
  sign: ['ask'],
  delete: ['retire', 'ask'],
  retire: ['ask'],
  ask: [],
}

/** What is to be done about one image or index. */
export interface RepairAction {
  /** What is to be done. */
  readonly kind: RepairKind
  /** What was planned; `kind` may have been changed to something weaker since. */
  readonly planned: RepairKind
  /** Host with its port, as in references. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** Absent only for `ask` about tags whose digest the registry would not say. */
  readonly digest?: Digest | undefined
  /** Tags that are to be at the digest when it is done. */
  readonly tags: readonly string[]
  /** Tier of the policy, for the gate. */
  readonly tier?: string | undefined
  /** For `promote`: `registry/repository@digest`. */
  readonly from?: string | undefined
  /** For `retire` and `delete`: `registry/repository` that gets a copy. */
  readonly quarantine?: string | undefined
  /** Platforms of an index that are repaired with it. */
  readonly covers?: readonly Digest[] | undefined
  /** How the audit found it. */
  readonly class: AuditClass
  /** At most 10, worst first. */
  readonly problems: readonly { readonly class: AuditClass; readonly message: string }[]
  /** Why this is done, and what it does not repair, in a sentence or two. */
  readonly reason: string
  /** As of `urgencyOf`. */
  readonly urgency: number
  /** Where it runs, at most 5; absent when that was not looked for. */
  readonly running?: readonly string[] | undefined
  /** In how many places it runs. */
  readonly runningCount?: number | undefined
  /** Digest over the plan's head and all of the action but `kind`: it shows an edit that is none of those allowed. */
  readonly seal: Digest
}

/** An action about an image that is known. */
export type ImageAction = RepairAction & { readonly digest: Digest }

/** Whether an action is about an image that is known. */
export function isImageAction(action: RepairAction): action is ImageAction {
  return action.digest !== undefined
}

/** What to do after an audit, the most urgent first. To be reviewed; `repair` does it. */
export interface RepairPlan {
  /** Names the form of this document. */
  readonly schema: 'https://sallyport.dev/schemas/repair-plan/v1'
  /** Over everything else. Who approves a plan names it. */
  readonly digest: Digest
  /** Id of the audit. */
  readonly audit: string
  /** ISO 8601. */
  readonly createdAt: string
  /** How many images need something and are not in the plan, being less urgent. */
  readonly omitted: number
  /** What is to be done, one action for each image. */
  readonly actions: readonly RepairAction[]
}
