import type { Digest } from '@sallyport/core'
import type { JudgeContext } from './judge-context.ts'
import type { EvidenceSight } from './registry-sight.ts'

/** How something stands that others belong to. */
export interface SubjectStanding {
  readonly evidence: EvidenceSight
  /** A decision about it verifies, or it was judged so before. */
  readonly isExplained: boolean
  /** It was promoted, or judged as explained: then it must have evidence. */
  readonly isPromoted: boolean
  /** Of the alert that it is part of. */
  readonly incident?: string | undefined
}

/** Finds out how a digest stands. */
export async function findStanding(
  subject: Digest,
  at: Date,
  context: Pick<JudgeContext, 'state' | 'view' | 'journal' | 'place' | 'origin'>,
): Promise<SubjectStanding> {
  const [evidence, parts] = await Promise.all([
    context.view.evidence(subject),
    context.state.partOf(context.place, subject),
  ])
  const wasExplained = parts.some(({ standing }) => standing === 'explained')
  // What the journal says makes no difference to a decision that verifies.
  const isPromoted =
    wasExplained || (evidence.state !== 'ok' && (await findPromoter(subject, at, context)) !== undefined)
  return {
    evidence,
    isPromoted,
    isExplained: evidence.state === 'ok' || isPromoted || parts.some(({ standing }) => standing === 'noted'),
    incident: parts.find(
      ({ standing, relation }) => standing === 'alert' && (relation === 'tagged' || relation === 'child'),
    )?.incident,
  }
}

/** The promotion about then whose image a digest is, or is reachable from. */
export async function findPromoter(
  digest: Digest,
  at: Date,
  { journal, view, origin }: Pick<JudgeContext, 'view' | 'journal' | 'origin'>,
): Promise<{ readonly key: string; readonly target: Digest } | undefined> {
  const promoted = (await journal.about(origin, at)).flatMap(({ key, targetDigest, verdict }) =>
    targetDigest && verdict === 'pass' ? [{ key, target: targetDigest }] : [],
  )
  const own = promoted.find(({ target }) => target === digest)
  if (own) return own
  for (const each of promoted) {
    if ((await view.content(each.target))?.children.includes(digest)) return each
  }
  return undefined
}
