import type { Digest } from '@sallyport/core'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { KnownTag } from '../ports/monitor-state.ts'
import { describeFinding } from './describe-finding.ts'
import { parseEvidenceTag } from './evidence-tag.ts'
import { incidents } from './incident.ts'
import { judgeLoss } from './judge-loss.ts'
import {
  alertOrWait,
  type Case,
  explain,
  goneAfter,
  type JudgeContext,
  type Learned,
  type Outcome,
  probeOf,
} from './judge-context.ts'
import { nameActor } from './watch.ts'
import { findPromoter } from './subject-standing.ts'

/** Most tags of a deleted repository that are asked for one by one. */
const maxRetired = 200

/** Most tags of a deleted manifest that are looked at. */
const maxProbed = 100

/** Judges that a tag was deleted. */
export async function judgeTagDeletion(one: Case, tag: string, context: JudgeContext): Promise<Outcome> {
  const { event, at } = one
  const { view, state, place, origin, now } = context
  const current = await view.tag(tag)
  const known = await state.findTag(place, tag)
  if (current) {
    const { digest } = current
    return explain('superseded', `the tag is there; it leads to ${digest}`, {
      digest,
      learned:
        known?.digest === digest
          ? { tags: [{ place, ...known, at: now.toISOString() }], ...(await seeAgain(digest, context)) }
          : { probes: [probeOf(one, context, { tag, digest, known })] },
    })
  }
  const learned = { goneTags: [{ place, tag }] }
  const evidenceTag = parseEvidenceTag(tag)
  if (evidenceTag) {
    const { subject } = evidenceTag
    return await judgeLoss(one, { subject, what: `the tag ${tag}`, seenAt: known?.at }, context, learned)
  }
  const journal = await context.journal.find(`${origin}:${tag}`, event.digest, at)
  const digest = event.previousDigest ?? event.digest ?? known?.digest ?? journal.latest
  if (event.cause !== undefined) return explain('system', `deleted by ${event.cause}`, { digest, learned })
  if (journal.latest === undefined && (known === undefined || known.standing === 'alert')) {
    // Unless the manifest is gone with it, as that of something promoted under another tag.
    const isPromoted =
      digest !== undefined &&
      ((await findPromoter(digest, at, context)) !== undefined ||
        (!(await view.manifest(digest)) && (await wasGood(digest, context))))
    if (!isPromoted) return explain('unchanged', 'nothing that was promoted was there', { digest, learned })
  }
  const retired = await context.findRetirement?.({ ...event, tag, digest, at })
  if (retired !== undefined) return explain('promotion', retired, { digest, learned })
  const isManifestGone = digest !== undefined && !(await view.manifest(digest))
  const finding = describeFinding(isManifestGone ? 'manifest-deleted' : 'tag-deleted', event, {
    incident: incidents.deletion(place, isManifestGone ? { digest } : { tag }),
    epoch: isManifestGone ? '' : journal.epoch,
    // The manifest may have had others, each of which is told of by itself.
    tag: isManifestGone ? undefined : tag,
    digest,
    // It was seen there: who deletes it again is heard again.
    ...goneAfter(isManifestGone ? await lastSeen(digest, context) : known?.at, one, context),
    odd: [
      `deleted by ${nameActor(event.actor)}`,
      ...(isManifestGone ? [`the tag ${tag} is gone with it`] : []),
      ...(known?.standing === 'noted' ? ['it was there before the monitor was'] : []),
    ],
  })
  return { finding, learned }
}

/** That a manifest is there, of which an event said that it is gone. */
async function seeAgain(digest: Digest, { state, place, now }: JudgeContext): Promise<Learned> {
  const parts = await state.partOf(place, digest)
  return { parts: parts.map((each) => ({ place, ...each, at: now.toISOString() })) }
}

/** ISO 8601: when a manifest was there last, as far as that is known. */
async function lastSeen(digest: Digest, { state, place }: JudgeContext): Promise<string | undefined> {
  return (await state.partOf(place, digest))
    .map(({ at }) => at)
    .sort()
    .at(-1)
}

/** Whether an image was promoted, or there before the monitor was, whatever alerts there were about its tags. */
async function wasGood(digest: Digest, { state, place }: JudgeContext): Promise<boolean> {
  return (await state.partOf(place, digest)).some(({ standing }) => standing !== 'alert')
}

async function isAnyGood(tags: readonly KnownTag[], context: JudgeContext): Promise<boolean> {
  if (tags.some(({ standing }) => standing !== 'alert')) return true
  for (const { digest } of tags) if (await wasGood(digest, context)) return true
  return false
}

/** Judges that a manifest was deleted, or a referrer taken from its subject. */
export async function judgeManifestDeletion(
  one: Case,
  digest: Digest,
  context: JudgeContext,
): Promise<Outcome> {
  const { event, at } = one
  const { view, state, place } = context
  const parts = await state.partOf(place, digest)
  const attached = parts.find(({ relation }) => relation === 'attachment')
  if (attached && (await view.evidence(attached.parent as Digest)).state === 'ok')
    return explain('superseded', 'an earlier state of what is under a tag', { by: attached.parent, digest })
  const owner = attached ?? parts.find(({ relation }) => relation === 'referrer')
  const subject = event.subject ?? (owner?.parent as Digest | undefined)
  // A look tells only of what was known then: it is not any more once its own event was judged.
  if (event.source === 'snapshot' && subject !== undefined && !parts.some(({ parent }) => parent === subject))
    return explain('superseded', 'that it is gone was judged meanwhile', { by: subject, digest })
  if (subject !== undefined) {
    const learned = { goneParts: [{ place, digest, parent: subject }] }
    return await judgeLoss(one, { subject, piece: digest, what: `referrer ${digest}` }, context, learned)
  }
  if (await view.manifest(digest))
    return explain('superseded', 'it is there', { digest, learned: await seeAgain(digest, context) })
  if (event.cause !== undefined) return explain('system', `deleted by ${event.cause}`, { digest })
  const isOurs = (await wasGood(digest, context)) || (await findPromoter(digest, at, context)) !== undefined
  if (!isOurs) {
    return parts.length === 0 && context.now.getTime() < one.receivedAt.getTime() + context.evidenceWaitMs
      ? { waitUntil: new Date(one.receivedAt.getTime() + context.evidenceWaitMs) }
      : explain('unchanged', 'it is not known as part of anything that was promoted', { digest })
  }
  const retired = await context.findRetirement?.({ ...event, digest, at })
  if (retired !== undefined) return explain('promotion', retired, { digest })
  const tags = parts.filter(({ relation }) => relation === 'tagged').map(({ parent }) => parent)
  // That they are gone may be told by nobody; until it is known, what is put back would not be seen.
  const probes: RegistryEvent[] = []
  for (const tag of tags.slice(0, maxProbed)) {
    const known = await state.findTag(place, tag)
    if (known?.digest === digest)
      probes.push({ ...probeOf(one, context, { tag, known: undefined }), previousDigest: digest })
  }
  const finding = describeFinding('manifest-deleted', event, {
    incident: incidents.deletion(place, { digest }),
    digest,
    ...goneAfter(await lastSeen(digest, context), one, context),
    odd: [
      `deleted by ${nameActor(event.actor)}`,
      ...(tags.length > 0 ? [`tags that it had: ${tags.slice(0, 10).join(', ')}`] : []),
    ],
  })
  return { finding, learned: { probes } }
}

/** Judges that a whole repository was deleted. */
export async function judgeRepositoryDeletion(one: Case, context: JudgeContext): Promise<Outcome> {
  const { event, at } = one
  const { view, state, place, findRetirement } = context
  if (await view.hasTags()) return explain('superseded', 'the repository is there')
  const known = await state.unseenTags(place, '')
  const seen = known.flatMap((each) => [each.at, each.seenAt ?? ''])
  const finding = describeFinding('repository-deleted', event, {
    incident: incidents.repository(place),
    ...goneAfter(seen.sort().at(-1), one, context),
    odd: [
      `deleted by ${nameActor(event.actor)}`,
      ...(event.source === 'snapshot' ? ['it has no tags any more, or may not be read'] : []),
    ],
  })
  if (event.source === 'snapshot' && !(await isAnyGood(known, context)))
    return explain('unchanged', 'nothing that counts was there, or each tag was told of by itself')
  const { registry, repository } = event
  const retired = await findRetirement?.({ registry, repository, at })
  if (retired !== undefined) return explain('promotion', retired)
  if (findRetirement && known.length > 0 && known.length <= maxRetired) {
    const reasons = await Promise.all(
      known.map(({ tag, digest }) => findRetirement({ registry, repository, tag, digest, at })),
    )
    if (reasons.every((reason) => reason !== undefined))
      return explain('promotion', `each of its tags was retired: ${reasons[0]}`)
  }
  return alertOrWait(one, context, { finding }, { mayStillCome: event.source === 'snapshot' })
}
