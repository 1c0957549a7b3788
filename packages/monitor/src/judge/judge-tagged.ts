import type { Digest } from '@sallyport/core'
import type { KnownTag, Standing } from '../ports/monitor-state.ts'
import { describeFinding } from './describe-finding.ts'
import { incidents } from './incident.ts'
import { sinceLoss } from './judge-loss.ts'
import {
  alertOrWait,
  type Case,
  endOfFlight,
  explain,
  type JudgeContext,
  type Learned,
  type Outcome,
  partsOfTag,
  probeOf,
  toldAt,
} from './judge-context.ts'
import { judgePush, type PushVerdict } from './judge-push.ts'
import type { JournalSight } from './journal-view.ts'
import type { EvidenceSight, TagSight } from './registry-sight.ts'
import { nameActor } from './watch.ts'

interface Seen {
  readonly tag: string
  readonly digest: Digest
  readonly current: TagSight | undefined
  readonly journal: JournalSight
  readonly evidence: EvidenceSight
}

/** Judges a push to a tag by what was pushed, and sees to it that what is there now is judged as well. */
export async function judgeTagged(told: Case, tag: string, context: JudgeContext): Promise<Outcome> {
  const { event, hand } = told
  const { view, state, place, origin, window } = context
  if (event.digest) view.expectEvidence(event.digest)
  const current = await view.tag(tag)
  const digest = event.digest ?? current?.digest
  const destination = `${origin}:${tag}`
  if (digest === undefined) return await judgeUnknown(told, tag, undefined, context)

  const [then, evidence, known] = await Promise.all([
    context.journal.find(destination, digest, told.at),
    view.evidence(digest),
    state.findTag(place, tag),
  ])
  // What is there now may have come after what the event is about.
  const isAsOfNow = event.digest === undefined && then.state !== 'window'
  // What somebody else pushed before the gate did is not what the gate has pushed.
  if (isAsOfNow && hand === 'other' && then.state === 'later')
    return await judgeUnknown(told, tag, digest, context)
  const one = isAsOfNow ? { ...told, at: context.now } : told
  const journal = isAsOfNow ? await context.journal.find(destination, digest, one.at) : then
  const { at } = one
  const seen: Seen = { tag, digest, current, journal, evidence }
  const isSuperseded = current?.digest !== digest
  // A promotion explains what its pushes left, until the next one.
  const followed = journal.newest && journal.newest.digest !== digest ? journal.newest.endedAt : undefined
  const isOvertaken = !isSuperseded && followed !== undefined && followed <= at
  const verdict = judgePush({
    hand,
    cause: event.cause,
    journal,
    evidence,
    isDecisionFresh: isFresh(evidence, journal, { destination, at, context }),
    known: standingBefore(known, digest, { event, at, journal, skewMs: window.skewMs }),
    isOvertaken,
    isSuperseded,
  })
  const children = (await view.content(digest))?.children ?? []
  // An alert about who put it there, or when, takes nothing from an image that was promoted: what is lost of it is still
  // an alert.
  const content: Standing = 'kind' in verdict && verdict.kind === 'unauthorised-push' ? 'alert' : 'explained'
  const thereAt = isSuperseded ? toldAt(one, context) : context.now.toISOString()
  const learn = (standing: 'explained' | 'alert', incident?: string): Learned => ({
    parts: [
      ...partsOfTag(place, tag, { digest, children, standing: content, incident, at: thereAt }),
      // Its own event may never come, and that it is gone has to be noticed all the same.
      ...(evidence.state === 'ok' ? (evidence.referrers ?? []) : []).map((referrer) => ({
        place,
        digest: referrer,
        parent: digest,
        relation: 'referrer' as const,
        standing: content,
        at: context.now.toISOString(),
      })),
    ],
    ...(isSuperseded || (followed !== undefined && !isOvertaken)
      ? { probes: probesOf(one, seen, known, context) }
      : { tags: [{ place, tag, digest, standing, at: context.now.toISOString() }] }),
  })

  if ('explained' in verdict) {
    const before = at.toISOString()
    const isPromotion = verdict.explained === 'promotion'
    // What a source calls a replication is explained by that alone, which ends no alert.
    const isJournaled = journal.state === 'window' || journal.state === 'latest'
    return explain(verdict.explained, explainPush(verdict.explained, seen), {
      by: journal.key,
      digest,
      learned: learn('explained'),
      settles: [
        ...(isPromotion || isJournaled
          ? [
              {
                incident: incidents.push(place, tag, digest),
                kinds: ['unauthorised-push', 'unjournaled'] as const,
                before,
              },
            ]
          : []),
        ...(isPromotion
          ? [
              { incident: incidents.evidence(place, digest), before },
              { incident: incidents.deletion(place, { tag }), before },
              { incident: incidents.deletion(place, { digest }), before },
            ]
          : []),
      ],
    })
  }
  const { kind } = verdict
  // It is there now, and was not when the tag was last seen: it came later than the registry's clock says.
  const isLater =
    !isSuperseded && known !== undefined && known.digest !== digest && at.toISOString() <= known.at
  const incident =
    kind === 'evidence-deleted' ? incidents.evidence(place, digest) : incidents.push(place, tag, digest)
  const parts = {
    incident,
    epoch: kind === 'evidence-deleted' ? '' : journal.epoch,
    tag,
    digest,
    previousDigest: event.previousDigest ?? (known?.digest === digest ? undefined : known?.digest),
    odd: oddities(one, seen, verdict),
    severity: kind === 'unauthorised-push' ? context.terms.severity : undefined,
    until: isAsOfNow || isLater ? context.now.toISOString() : undefined,
    // Something else was seen there: who puts it there again is heard again.
    after: known?.digest === digest ? undefined : known?.at,
    ...(kind === 'evidence-deleted' && { after: undefined, until: undefined }),
    ...(kind === 'evidence-deleted' && evidence.state !== 'gone' && (await sinceLoss(one, digest, context))),
  }
  const isGone = evidence.state === 'gone' && kind === 'unauthorised-push'
  const finding = {
    ...describeFinding(kind, event, parts),
    ...(isGone && {
      whenKnown:
        hand === 'other'
          ? describeFinding('wrong-hand', event, { ...parts, severity: undefined })
          : describeFinding(kind, event, { ...parts, isPart: true }),
    }),
  }
  return alertOrWait(
    one,
    context,
    { finding, learned: learn('alert', incident) },
    {
      // Nothing that comes later makes another hand that of the gate; but the next promotion may have ended meanwhile.
      mayStillCome: hand !== 'other' || kind === 'rollback',
      // Evidence precedes the tag, so only where there is some can a promotion be what moved it.
      until:
        endOfLag(one, journal, context) ??
        (evidence.state === 'ok' ? await endOfFlight(destination, at, context) : undefined),
    },
  )
}

/** A replica may be behind its origin for a while. */
function endOfLag(
  { event }: Case,
  { epoch }: JournalSight,
  { place, origin, window }: JudgeContext,
): Date | undefined {
  const isReplica = place !== origin || event.cause === 'replication' || event.cause === 'mirror'
  return isReplica && epoch !== '' ? new Date(Date.parse(epoch) + window.afterMs) : undefined
}

/** The event names no digest, and the tag is gone or holds something else: what it was can't be told any more. */
async function judgeUnknown(
  one: Case,
  tag: string,
  current: Digest | undefined,
  context: JudgeContext,
): Promise<Outcome> {
  const { event, hand, at } = one
  const { journal, state, place, origin } = context
  const attempts = await journal.about(origin, at)
  const own = attempts.find(
    ({ destination, verdict }) => destination === `${origin}:${tag}` && verdict === 'pass',
  )
  const known = await state.findTag(place, tag)
  const learned = { probes: [probeOf(one, context, { tag, digest: current, known })] }
  if (own && hand !== 'other')
    return explain('superseded', `promoted then, and the tag is gone by now`, { by: own.key, learned })
  const finding = describeFinding('unjudged', event, {
    incident: incidents.unknown(place, tag),
    tag,
    odd: [
      current === undefined
        ? 'the event names no digest, and the tag was gone before it was looked at'
        : `the event names no digest, and what is there by now was promoted afterwards: ${current}`,
      ...(hand === 'other' ? [`pushed by ${nameActor(event.actor)}, who is not the gate`] : []),
    ],
  })
  return alertOrWait(one, context, { finding, learned }, { mayStillCome: hand !== 'other' })
}

function isFresh(
  evidence: EvidenceSight,
  journal: JournalSight,
  {
    destination,
    at,
    context: {
      window: { skewMs, longestMs },
    },
  }: { readonly destination: string; readonly at: Date; readonly context: JudgeContext },
): boolean {
  if (evidence.state !== 'ok' || evidence.decision?.destination !== destination) return false
  const decidedAt = Date.parse(evidence.decision.at ?? '')
  // Something else was promoted since.
  if (journal.epoch !== '' && !(decidedAt >= Date.parse(journal.epoch))) return false
  return decidedAt <= at.getTime() + skewMs && at.getTime() <= decidedAt + longestMs + skewMs
}

function standingBefore(
  known: KnownTag | undefined,
  digest: Digest,
  {
    event,
    at,
    journal,
    skewMs,
  }: {
    readonly event: Case['event']
    readonly at: Date
    readonly journal: JournalSight
    readonly skewMs: number
  },
): 'explained' | 'noted' | undefined {
  if (known?.digest !== digest || known.standing === 'alert') return undefined
  if (journal.latest !== undefined && journal.latest !== digest && journal.epoch > known.at) return undefined
  // A look that tells of what has not changed asks for a judgement.
  if (known.standing === 'noted' && event.source === 'snapshot') return undefined
  // What was noted may have been pushed just before, and this may be the event of that.
  if (known.standing === 'noted' && at.getTime() <= Date.parse(known.at) + skewMs) return undefined
  return known.standing
}

/**
 * What is there now, unless it is known, is an event by itself: its own may be lost. What was known before the latest
 * promotion is not known any more: that one put something there.
 */
function probesOf(
  one: Case,
  { tag, current, journal: { newest } }: Seen,
  known: KnownTag | undefined,
  context: JudgeContext,
): NonNullable<Learned['probes']> {
  const isStale =
    newest !== undefined &&
    newest.digest !== current?.digest &&
    Date.parse(known?.at ?? '') < newest.endedAt.getTime()
  if (current && current.digest === known?.digest && !isStale) return []
  return [probeOf(one, context, { tag, digest: current?.digest, known })]
}

function explainPush(kind: string, { journal, evidence, current, digest }: Seen): string {
  switch (kind) {
    case 'superseded':
      return `${digest} is explained; ${current?.digest ?? 'nothing'} is there by now`
    case 'unchanged':
      return 'the tag is where it was'
    case 'system':
      return 'the registry did it, and what is there is explained by itself'
    default:
      return journal.state === 'window'
        ? `promoted${journal.isRollback ? ' as a rollback' : ''}, and its decision verifies`
        : `a decision for this tag verifies, of ${evidence.state === 'ok' ? evidence.decision?.at : '?'}`
  }
}

function oddities(
  { event, hand }: Case,
  { digest, current, journal, evidence }: Seen,
  verdict: PushVerdict,
): readonly string[] {
  const kind = 'kind' in verdict ? verdict.kind : undefined
  return [
    ...(hand === 'other' ? [`pushed by ${nameActor(event.actor)}, who is not the gate`] : []),
    ...(hand === 'gate' && kind !== 'rollback' ? ['pushed with an identity of the gate'] : []),
    ...(hand === 'unknown' ? ['the source does not tell who pushed'] : []),
    ...(event.cause ? [`the source calls it ${event.cause}`] : []),
    ...(journal.state === 'none' ? ['the journal has no promotion of this digest to this tag'] : []),
    ...(journal.state === 'later' ? ['it was promoted only afterwards'] : []),
    ...(kind === 'rollback' ? [`the latest promotion then was that of ${journal.latest}`] : []),
    ...(evidence.state === 'ok' ? [] : [`decision: ${evidence.message}`]),
    ...(current?.problem ? [current.problem] : []),
    ...(current?.digest === digest ? [] : [`${current?.digest ?? 'nothing'} is there by now`]),
  ]
}
