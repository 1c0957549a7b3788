import type { Digest } from '@sallyport/core'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { Alert } from './alert.ts'

/**
 * Why a change is no alarm. Every event ends with one of these or with an alert; none is dropped.
 *
 * - `promotion`: a promotion of the journal, or a valid decision, put it there by the gate's hand.
 * - `part-of`: child, referrer, or fallback tag of something that is explained.
 * - `unchanged`: what is there is what was there.
 * - `superseded`: by the time it was looked at, something else was there, which is judged by itself.
 * - `system`: replication, mirror, garbage collection, retention; what is there is explained by itself.
 * - `not-watched`: of a repository that nobody asked to watch.
 */
export type ExplanationKind = 'promotion' | 'part-of' | 'unchanged' | 'superseded' | 'system' | 'not-watched'

/** What explains a change. */
export interface Explanation {
  /** Why it is no alarm. */
  readonly kind: ExplanationKind
  /** Key of a promotion, or digest of what it is a part of. */
  readonly by?: string | undefined
  /** What was explained. */
  readonly digest?: Digest | undefined
  /** In one sentence. */
  readonly message: string
}

/** How an event ended. */
export type Judgement =
  | { readonly outcome: 'explained'; readonly event: RegistryEvent; readonly explanation: Explanation }
  | { readonly outcome: 'alert'; readonly event: RegistryEvent; readonly alert: Alert }
