import type { Digest } from '@sallyport/core'
import type { KnownPart } from '../ports/monitor-state.ts'
import { describeFinding } from './describe-finding.ts'
import { incidents } from './incident.ts'
import { judgeReferrer } from './judge-attachment.ts'
import {
  alertOrWait,
  type Case,
  endOfFlight,
  explain,
  type JudgeContext,
  type Outcome,
  toldAt,
} from './judge-context.ts'
import { nameActor } from './watch.ts'
import { findPromoter } from './subject-standing.ts'

/** Judges a push by digest: it inherits from what it belongs to, which may come only afterwards. */
export async function judgeUntagged(one: Case, digest: Digest, context: JudgeContext): Promise<Outcome> {
  const { event, hand, at } = one
  const { view, state, place, origin, terms } = context
  const sight = await view.content(digest)
  if (sight?.subject) return await judgeReferrer(one, digest, sight.subject, context)

  if (!sight && event.subject && event.source === 'snapshot')
    return explain('superseded', 'it is listed as a referrer, and not there', { by: event.subject, digest })

  // What is gone tells no more what it was; the record of the promotion that attached it does.
  const subject = sight || hand === 'other' ? undefined : await context.journal.attachedTo(origin, digest, at)
  if (subject) return await judgeReferrer(one, digest, subject, context)

  const parts = await state.partOf(place, digest)
  const owner = await findOwner(digest, at, { parts, context })
  if (owner && hand !== 'other') {
    const { by, message, isTarget } = owner
    return explain(isTarget ? 'promotion' : 'part-of', message, { by, digest })
  }
  const evidence = await view.evidence(digest)
  // Of what stood in an alert before, the newest alert says whether this is a part of it.
  const joined = parts.find(({ incident }) => incident !== undefined)?.incident
  if (joined === undefined && hand !== 'other' && evidence.state === 'ok')
    return explain('unchanged', 'a decision about it verifies, and no tag was moved', { digest })

  const isRight = owner !== undefined || evidence.state === 'ok'
  const incident = joined ?? incidents.push(place, undefined, digest)
  // One that ended well leaves nothing behind.
  const isLeftOver =
    hand === 'gate' && (await context.journal.about(origin, at)).some(({ verdict }) => verdict !== 'pass')
  const finding = describeFinding(isRight ? 'wrong-hand' : 'unauthorised-push', event, {
    incident,
    digest,
    severity: isRight ? undefined : isLeftOver ? 'medium' : terms.severity,
    isPart: joined !== undefined,
    odd: [
      ...(hand === 'other' ? [`pushed by ${nameActor(event.actor)}, who is not the gate`] : []),
      ...(hand === 'gate' ? ['pushed with an identity of the gate'] : []),
      ...(isLeftOver ? ['a promotion that did not end well may have left it behind'] : []),
      'it was pushed by digest, and no tag leads to it',
      ...(evidence.state === 'ok' ? [] : [`decision: ${evidence.message}`]),
    ],
  })
  if (joined !== undefined) return { finding }
  return alertOrWait(
    one,
    context,
    {
      finding,
      learned: {
        parts: [
          {
            place,
            digest,
            parent: '',
            relation: 'child',
            standing: 'alert',
            incident,
            at: toldAt(one, context),
          },
        ],
      },
    },
    {
      // The tag or index that it belongs to may come next, and with it the alert that this is a part of: if no event tells
      // of that, comparing does, and is waited for as well.
      mayStillCome: true,
      until: latest(
        new Date(one.receivedAt.getTime() + 2 * context.evidenceWaitMs),
        hand === 'other' ? undefined : await endOfFlight(origin, at, context),
      ),
    },
  )
}

const latest = (one: Date, other: Date | undefined): Date => (other && other > one ? other : one)

interface Owner {
  readonly by: string
  readonly message: string
  readonly isTarget: boolean
}

async function findOwner(
  digest: Digest,
  at: Date,
  { parts, context }: { readonly parts: readonly KnownPart[]; readonly context: JudgeContext },
): Promise<Owner | undefined> {
  const known = parts.find(({ standing }) => standing !== 'alert')
  if (known) return { by: known.parent, message: `part of ${known.parent}`, isTarget: false }
  const promoter = await findPromoter(digest, at, context)
  if (!promoter || (await context.view.evidence(promoter.target)).state !== 'ok') return undefined
  const isTarget = promoter.target === digest
  return {
    by: promoter.key,
    message: isTarget
      ? 'promoted, and its decision verifies'
      : `part of ${promoter.target}, which was promoted`,
    isTarget,
  }
}
