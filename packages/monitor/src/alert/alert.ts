import type { Digest } from '@sallyport/core'
import type { EventActor, RegistryEvent } from '../event/registry-event.ts'

/**
 * What is wrong, worst first.
 *
 * - `unauthorised-push`: nothing explains what is there.
 * - `evidence-deleted`: what was promoted has lost evidence, or it no longer verifies.
 * - `wrong-hand`: the right bytes, pushed by somebody who is not the gate.
 * - `rollback`: a tag moved to an older digest that had been promoted there.
 * - `unjournaled`: evidence is valid, and no promotion is known that made it.
 * - `tag-deleted`, `manifest-deleted`, `repository-deleted`: of what was promoted.
 * - `permission-changed`.
 * - `unjudged`: could not be looked at; never taken for good.
 * - `gap`: events were lost, or a source is silent; what the registry holds was compared instead.
 */
export type AlertKind =
  | 'unauthorised-push'
  | 'evidence-deleted'
  | 'wrong-hand'
  | 'rollback'
  | 'unjournaled'
  | 'tag-deleted'
  | 'manifest-deleted'
  | 'repository-deleted'
  | 'permission-changed'
  | 'unjudged'
  | 'gap'

/** How much it hurts. */
export type AlertSeverity = 'critical' | 'high' | 'medium' | 'low'

/** Something that a person has to know. */
export interface Alert {
  /** The same for repeated deliveries. */
  readonly id: string
  /** Grows with each message about it after the first one, such as that it is worse; absent in that. */
  readonly revision?: number | undefined
  /** The same for what belongs together: one place, one kind, one digest. */
  readonly group: string
  /** What is wrong. */
  readonly kind: AlertKind
  /** How much it hurts. */
  readonly severity: AlertSeverity
  /** ISO 8601: when it was raised. */
  readonly at: string
  /** In one sentence. */
  readonly title: string
  /** Host with its port; empty for what is about the monitor itself. */
  readonly registry: string
  /** Path within the registry; empty for what is about all of it. */
  readonly repository: string
  /** Absent for what was done by digest. */
  readonly tag?: string | undefined
  /** What is there, or was. */
  readonly digest?: Digest | undefined
  /** What was there before, where that is known. */
  readonly previousDigest?: Digest | undefined
  /** Who did it, as far as any event told. */
  readonly actor: EventActor
  /** What should have been the case. */
  readonly expected: string
  /** What was found, each odd thing by itself. */
  readonly odd: readonly string[]
  /** What to do. */
  readonly action: string
  /** Events that led to it, the first first; at most 20. */
  readonly events: readonly RegistryEvent[]
  /** How many there were. */
  readonly occurrences: number
  /** Set on an alert that takes back an earlier one of its group: what was missing is there now. */
  readonly resolves?: string | undefined
}
