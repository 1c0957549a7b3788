import { type Digest, isIndexMediaType } from '@sallyport/core'
import { describeFinding } from './describe-finding.ts'
import type { EvidenceTag } from './evidence-tag.ts'
import { incidents } from './incident.ts'
import {
  alertOrWait,
  type Case,
  endOfFlight,
  explain,
  type JudgeContext,
  type Learned,
  type Outcome,
  toldAt,
} from './judge-context.ts'
import { judgeLoss } from './judge-loss.ts'
import { findStanding, type SubjectStanding } from './subject-standing.ts'
import type { TagSight } from './registry-sight.ts'
import { isActor, nameActor } from './watch.ts'

/** Most referrers that a list may name to be looked through. */
const maxListed = 1000

/** Judges a referrer that was pushed: it inherits when its subject is explained and an accepted signer made it. */
export async function judgeReferrer(
  one: Case,
  referrer: Digest,
  subject: Digest,
  context: JudgeContext,
): Promise<Outcome> {
  const { view, place } = context
  const isRunnable = (await view.content(referrer))?.isRunnable === true
  let at = toldAt(one, context)
  const counts = async (): Promise<boolean> => {
    const found = isRunnable ? undefined : (await view.signedAt(subject, referrer))?.toISOString()
    if (found !== undefined && found > at) at = found
    return found !== undefined
  }
  const learn = (standing: 'explained' | 'alert', incident?: string): Learned => ({
    parts: [{ place, digest: referrer, parent: subject, relation: 'referrer', standing, incident, at }],
  })
  return await judge(one, context, {
    subject,
    pushed: referrer,
    what: `referrer ${referrer}`,
    isRunnable,
    isGone: async () => (await view.manifest(referrer)) === undefined,
    counts,
    learn,
  })
}

/** Judges what was written under a tag that belongs to a digest, by what is there now. */
export async function judgeEvidenceTag(
  one: Case,
  tag: string,
  { subject, kind }: EvidenceTag,
  context: JudgeContext,
): Promise<Outcome> {
  const { view, state, place, now } = context
  const current = await view.tag(tag)
  if (!current) {
    const seenAt = (await state.findTag(place, tag))?.at
    return await judgeLoss(one, { subject, what: `the tag ${tag}`, seenAt }, context, {
      goneTags: [{ place, tag }],
    })
  }
  const at = now.toISOString()
  const list = kind === 'referrers' ? await readReferrerList(current, subject, context) : undefined
  const isRunnable = !list && (await view.manifest(current.digest))?.isRunnable !== false
  const counts = async () =>
    list ? list.isComplete : !isRunnable && (await view.signedAt(subject, current.digest)) !== undefined

  const tagsOf = (standing: 'explained' | 'alert') => [{ place, tag, digest: current.digest, standing, at }]
  const learn = (standing: 'explained' | 'alert', incident?: string): Learned => ({
    tags: tagsOf(standing),
    parts: [
      { place, digest: current.digest, parent: subject, relation: 'attachment', standing, incident, at },
    ],
  })
  return await judge(one, context, {
    subject,
    pushed: current.digest,
    what: `what is under the tag ${tag}`,
    isRunnable,
    isIncomplete: list?.isComplete === false,
    // What a list names is judged by itself; what stands under another tag is looked at until its subject is there.
    orphaned: list && { tags: tagsOf('explained') },
    counts,
    learn,
  })
}

/**
 * Reads a list of referrers; nothing, when it is none: an image under such a tag could be pulled by it. What the list
 * names is judged by itself. What is not there yet could be pushed afterwards, so without it the list is not complete.
 */
async function readReferrerList(
  { digest, raw }: TagSight,
  subject: Digest,
  { view, state, place }: Pick<JudgeContext, 'view' | 'state' | 'place'>,
): Promise<{ readonly isComplete: boolean } | undefined> {
  if (!raw || !isIndexMediaType(raw.descriptor.mediaType)) return undefined
  const list = await view.manifest(digest)
  if (!list || list.problem !== undefined || list.children.length > maxListed) return undefined
  let isComplete = true
  for (const child of list.children) {
    const found = await view.manifest(child)
    if (found && (found.subject !== subject || found.isRunnable)) return undefined
    isComplete &&= found !== undefined || (await state.partOf(place, child)).some(isReferrer)
  }
  return { isComplete }

  function isReferrer({ parent }: { readonly parent: string }): boolean {
    return parent === subject
  }
}

async function judge(
  one: Case,
  context: JudgeContext,
  {
    subject,
    pushed,
    what,
    isRunnable,
    isIncomplete = false,
    orphaned,
    isGone,
    counts,
    learn,
  }: {
    readonly subject: Digest
    readonly pushed: Digest
    readonly what: string
    /** A container could be started from it: then it is no evidence, whatever else it holds. */
    readonly isRunnable: boolean
    /** Something could be added to it without a change of it. */
    readonly isIncomplete?: boolean
    /** What is learned when its subject is gone. Default: nothing. */
    readonly orphaned?: Learned | undefined
    /** It is not there any more. Default: it is. */
    readonly isGone?: (() => Promise<boolean>) | undefined
    readonly counts: () => Promise<boolean>
    readonly learn: (standing: 'explained' | 'alert', incident?: string) => Learned
  },
): Promise<Outcome> {
  const { event, hand, at } = one
  const { place, origin, terms } = context
  const standing = await findStanding(subject, at, context)
  const isLost = standing.isPromoted && standing.evidence.state !== 'ok'
  const isCounted = standing.evidence.state === 'gone' ? false : await counts()
  // What counts goes on counting, whatever alert it is part of: that it is gone is another one.
  const learnAlert = (incident: string) => learn(isCounted ? 'explained' : 'alert', incident)
  if (!isRunnable && !isLost && standing.incident !== undefined && standing.evidence.state !== 'ok') {
    const { incident } = standing
    const finding = describeFinding('unauthorised-push', event, {
      incident,
      tag: event.tag,
      digest: subject,
      odd: [],
      severity: terms.severity,
      isPart: true,
    })
    return { finding, learned: learnAlert(incident) }
  }
  const isAttacher =
    !isRunnable &&
    !isIncomplete &&
    terms.attachers?.some((identity) => isActor(event.actor, identity)) === true
  // That an image is gone is judged by itself, and so is what is attached to it once it is there again.
  if (
    standing.isExplained &&
    standing.evidence.state === 'gone' &&
    !isRunnable &&
    !isIncomplete &&
    hand !== 'other'
  )
    return explain('superseded', `what it belongs to is gone: ${subject}`, { by: subject, learned: orphaned })
  if (isLost && (isCounted || isAttacher))
    return await judgeLoss(one, { subject, what, isPush: true }, context, learn('explained'))
  if (standing.isExplained && (isAttacher || (isCounted && hand !== 'other'))) {
    return explain('part-of', `evidence about ${subject}`, {
      by: subject,
      digest: event.digest,
      learned: learn('explained'),
    })
  }
  // What it was can't be verified any more, and it is attached to nothing. That it was taken away is judged by itself.
  if (standing.isExplained && !isRunnable && hand !== 'other' && (await isGone?.()))
    return isLost
      ? await judgeLoss(one, { subject, what, isPush: true }, context)
      : explain('superseded', `${what} is not there any more`, { by: subject, digest: pushed })
  // An image is an incident of its own, wherever it was hidden.
  const incident = isRunnable
    ? incidents.push(place, event.tag, pushed)
    : incidents.attachment(place, subject)
  const isOnlyForeign = isCounted && hand === 'other'
  const kind = isOnlyForeign ? 'wrong-hand' : isLost && !isRunnable ? 'evidence-deleted' : 'unauthorised-push'
  const finding = describeFinding(kind, event, {
    incident,
    tag: isRunnable ? event.tag : undefined,
    digest: isRunnable ? pushed : subject,
    severity: isRunnable ? terms.severity : kind === 'evidence-deleted' ? 'high' : 'medium',
    odd: [
      ...(isRunnable ? [`a container could be started from ${what}`] : []),
      ...(isIncomplete ? [`${what} names manifests that are not there`] : []),
      ...(isCounted ? [] : [`${what} was not signed by anybody who counts`]),
      ...(isLost ? [`what it belongs to has lost its decision: ${reasonOf(standing)}`] : []),
      ...(standing.isExplained ? [] : [`what it belongs to is not explained: ${reasonOf(standing)}`]),
      ...(hand === 'other' ? [`pushed by ${nameActor(event.actor)}, who is not the gate`] : []),
    ],
  })
  return alertOrWait(
    one,
    context,
    { finding, learned: learnAlert(incident) },
    {
      mayStillCome: !isRunnable || hand !== 'other',
      until: hand === 'other' ? undefined : await endOfFlight(origin, at, context),
    },
  )
}

function reasonOf({ evidence }: SubjectStanding): string {
  return evidence.state === 'ok' ? 'nobody promoted it' : evidence.message
}
