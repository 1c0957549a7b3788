import type { Digest } from '@sallyport/core'
import type { KnownPart } from '../ports/monitor-state.ts'
import { describeFinding } from './describe-finding.ts'
import type { Finding } from './finding.ts'
import { incidents } from './incident.ts'
import {
  alertOrWait,
  type Case,
  endOfFlight,
  explain,
  goneAfter,
  type JudgeContext,
  type Learned,
  type Outcome,
} from './judge-context.ts'
import { findStanding } from './subject-standing.ts'
import { nameActor } from './watch.ts'

/** Judges that something is gone which belonged to a digest. */
export async function judgeLoss(
  one: Case,
  {
    subject,
    piece,
    what,
    seenAt,
    isPush = false,
  }: {
    readonly subject: Digest
    readonly piece?: Digest | undefined
    readonly what: string
    /** ISO 8601: when a tag that is gone was there last. */
    readonly seenAt?: string | undefined
    /** Told by the push of something else, which is not when it was lost. Default `false`. */
    readonly isPush?: boolean | undefined
  },
  context: JudgeContext,
  learned: Learned = {},
): Promise<Outcome> {
  const { event, at } = one
  const { view, place, origin } = context
  const standing = await findStanding(subject, at, context)
  const { evidence } = standing
  if (evidence.state === 'gone')
    return explain('superseded', `what it belonged to is gone: ${subject}`, { by: subject, learned })
  if (piece && (await view.signed(subject)).has(piece))
    return explain('superseded', 'it is there again', { by: subject, digest: piece })
  const known = piece ? await context.state.partOf(place, piece) : []
  const wasJunk = known.length > 0 && known.every((part) => part.standing === 'alert')
  if (wasJunk || (!standing.isExplained && !standing.isPromoted))
    return explain('unchanged', 'it counted for nothing', { by: subject, digest: piece, learned })
  const isComplete = evidence.state === 'ok'
  if (isComplete && (event.cause !== undefined || event.action === 'push'))
    return explain(
      event.cause === undefined ? 'part-of' : 'system',
      `all that is needed about ${subject} is there`,
      { by: subject, learned },
    )
  const retired = await context.findRetirement?.({ ...event, digest: subject, at })
  if (retired !== undefined) return explain('promotion', retired, { digest: subject, learned })
  const finding = describeFinding('evidence-deleted', event, {
    incident: incidents.evidence(place, subject),
    digest: subject,
    previousDigest: piece,
    severity: isComplete ? 'medium' : 'high',
    ...(await sinceLoss(one, subject, context, seenAt)),
    ...(isPush && {
      until: context.now.toISOString(),
      // What was told of already is no news, whatever is attached afterwards.
      isPart: (await findLost(subject, context)).length === 0,
    }),
    odd: [
      `${what} is gone`,
      isComplete ? 'its decision still verifies' : `decision: ${evidence.message}`,
      ...(event.actor.name === undefined ? [] : [`done by ${nameActor(event.actor)}`]),
    ],
  })
  return alertOrWait(
    one,
    context,
    { finding, learned },
    {
      // A writer of a list puts back at once what it displaced.
      mayStillCome: event.action === 'push',
      until: event.action === 'push' ? await endOfFlight(origin, at, context) : undefined,
    },
  )
}

/**
 * When evidence was lost, as fields of a finding: after the last of what is gone was there last.
 *
 * @param seenAt ISO 8601: when something else of it was there last.
 */
export async function sinceLoss(
  one: Case,
  subject: Digest,
  context: JudgeContext,
  seenAt?: string,
): Promise<Pick<Finding, 'after' | 'until'>> {
  const lost = (await findLost(subject, context)).map(({ at }) => at)
  return goneAfter([...lost, seenAt ?? ''].sort().at(-1), one, context)
}

/** Evidence about a digest that is known and is gone, and of which nobody has told yet. */
async function findLost(
  subject: Digest,
  { state, view, place }: Pick<JudgeContext, 'state' | 'view' | 'place'>,
): Promise<readonly KnownPart[]> {
  const known = (await state.partsOf(place, subject)).filter(
    ({ relation, standing }) => relation === 'referrer' && standing !== 'alert',
  )
  if (known.length === 0) return []
  const there = await view.signed(subject)
  return known.filter(({ digest }) => !there.has(digest))
}
