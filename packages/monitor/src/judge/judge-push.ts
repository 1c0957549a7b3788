import type { AlertKind } from '../alert/alert.ts'
import type { ExplanationKind } from '../alert/explanation.ts'
import type { JournalSight } from './journal-view.ts'
import type { EvidenceSight } from './registry-sight.ts'
import type { Hand } from './watch.ts'

/** All that a push of a digest to a tag is judged by. */
export interface PushFacts {
  readonly hand: Hand
  /** Says that the registry itself did it, and why. */
  readonly cause?: string | undefined
  readonly journal: Pick<JournalSight, 'state'>
  readonly evidence: Pick<EvidenceSight, 'state'>
  /** The decision is for this very tag, and was made shortly before the push. */
  readonly isDecisionFresh: boolean
  /** How the tag was judged that was at this digest before; absent when it was not, or that was wrong. */
  readonly known?: 'explained' | 'noted' | undefined
  /** The latest promotion put something else there before, and yet this is there. */
  readonly isOvertaken: boolean
  /** Something else is there by now. */
  readonly isSuperseded: boolean
}

/** What a push is. */
export type PushVerdict =
  | { readonly explained: ExplanationKind }
  | {
      readonly kind: Extract<
        AlertKind,
        'unauthorised-push' | 'evidence-deleted' | 'wrong-hand' | 'rollback' | 'unjournaled'
      >
    }

/** Judges a push to a tag. Nothing clears it but what the journal and verified decisions say. */
export function judgePush(facts: PushFacts): PushVerdict {
  const { hand, cause, journal, evidence, known, isOvertaken, isSuperseded } = facts
  const explained = (kind: ExplanationKind): PushVerdict => ({
    explained: isSuperseded ? 'superseded' : kind,
  })
  const wasPromoted = journal.state === 'window' || journal.state === 'latest' || journal.state === 'older'
  // What is not there any more can't be verified; that it was promoted has to do.
  const isValid =
    evidence.state === 'ok' ||
    (evidence.state === 'gone' && isSuperseded && (wasPromoted || known === 'explained'))

  if (wasPromoted) {
    if (!isValid) return { kind: 'evidence-deleted' }
    if (journal.state === 'older' || isOvertaken) return { kind: 'rollback' }
    if (hand === 'other') return { kind: 'wrong-hand' }
    if (journal.state === 'window') return explained(cause === undefined ? 'promotion' : 'system')
    return explained(cause === undefined ? 'unchanged' : 'system')
  }
  if (known === 'explained' && !isValid) return { kind: 'evidence-deleted' }
  if (known !== undefined && hand !== 'other') return explained('unchanged')
  if (!isValid) return { kind: 'unauthorised-push' }
  if (hand === 'other') return { kind: 'wrong-hand' }
  if (facts.isDecisionFresh) return explained('promotion')
  if (cause === 'replication' || cause === 'mirror') return explained('system')
  return { kind: 'unjournaled' }
}
