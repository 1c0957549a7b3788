import type { Digest } from '@sallyport/core'
import type { BehaviourEvent, EventAncestor, EventTag } from '../behaviour-event.ts'

/** How much a finding matters. */
export type FindingGrade = 'critical' | 'high' | 'medium' | 'low'

/** What a workload did that its profile does not have. */
export type FindingCode =
  | 'memory-executable'
  | 'upper-layer-executable'
  | 'changed-executable'
  | 'new-executable'
  | 'network-shell'
  | 'new-arguments'
  | 'new-endpoint'
  | 'new-listener'
  | 'new-capability'
  | 'new-system-call'
  | 'new-path'

/** One thing that a workload did, and its profile does not have. */
export interface BehaviourFinding {
  /** For machines; stable. */
  readonly code: FindingCode
  /** How bad it is. */
  readonly grade: FindingGrade
  /** What was done, in one sentence. */
  readonly message: string
  /** What it is about: the path, endpoint or name. */
  readonly subject: string
  /** The event that it rests on. */
  readonly event: BehaviourEvent
  /** Who started the process, the parent first. */
  readonly parents: readonly EventAncestor[]
  /** Whether a probe, someone who entered, or a debug container did it. It is a finding nonetheless. */
  readonly tags: readonly EventTag[]
  /** How often the same was seen and not told since it was told last. */
  readonly suppressed: number
  /** Digest of the profile. */
  readonly profile: Digest
}

/** A finding before it is known whether it was told already. */
export type FoundDeviation = Pick<BehaviourFinding, 'code' | 'grade' | 'message' | 'subject'>
