import type { Digest } from '@sallyport/core'
import type { Explanation, ExplanationKind } from '../alert/explanation.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { JudgedBatch, KnownPart, KnownTag, Standing } from '../ports/monitor-state.ts'
import type { Finding, Settlement } from './finding.ts'
import type { JournalView, ResolvedWindow } from './journal-view.ts'
import type { RepositoryView } from './registry-view.ts'
import type { StateView } from './state-view.ts'
import { type Hand, handOf, type ActorIdentity, type WatchTerms } from './watch.ts'

/** Says who retired something, where that is written down; `undefined`: nobody did. */
export type FindRetirement = (gone: {
  readonly registry: string
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
  readonly at: Date
}) => Promise<string | undefined>

/** What an event of one repository is judged with. */
export interface JudgeContext {
  readonly state: StateView
  readonly view: RepositoryView
  readonly journal: JournalView
  readonly terms: WatchTerms
  readonly gateActors: readonly ActorIdentity[]
  /** `registry/repository`. */
  readonly place: string
  /** The same, as journal and decisions name it. */
  readonly origin: string
  readonly window: ResolvedWindow
  readonly evidenceWaitMs: number
  readonly now: Date
  readonly findRetirement?: FindRetirement | undefined
}

/** An event, with what is read from it again and again. */
export interface Case {
  readonly event: RegistryEvent
  readonly hand: Hand
  /** When it happened. */
  readonly at: Date
  readonly receivedAt: Date
}

/** What was found out while judging. */
export type Learned = Partial<Pick<JudgedBatch, 'tags' | 'goneTags' | 'parts' | 'goneParts' | 'probes'>>

/** How judging ended. */
export type Outcome = { readonly learned?: Learned | undefined } & (
  | { readonly explanation: Explanation; readonly settles?: readonly Settlement[] | undefined }
  | { readonly finding: Finding }
  /** To be looked at again: what is missing may still come. At `until` at the latest it is judged as it is. */
  | { readonly waitUntil: Date }
)

/** Opens a case. */
export function openCase(event: RegistryEvent, receivedAt: Date, context: JudgeContext): Case {
  const time = Date.parse(event.time)
  return {
    event,
    hand: handOf(event, context.gateActors),
    at: Number.isNaN(time) ? receivedAt : new Date(time),
    receivedAt,
  }
}

/** That there is no alarm, and why. */
export function explain(
  kind: ExplanationKind,
  message: string,
  {
    by,
    digest,
    learned,
    settles,
  }: {
    readonly by?: string | undefined
    readonly digest?: Digest | undefined
    readonly learned?: Learned | undefined
    readonly settles?: readonly Settlement[] | undefined
  } = {},
): Outcome {
  return {
    explanation: { kind, message, ...(by !== undefined && { by }), ...(digest !== undefined && { digest }) },
    learned,
    settles,
  }
}

/** An alarm, or a wait when what is missing may still come. */
export function alertOrWait(
  { receivedAt }: Case,
  { evidenceWaitMs, now }: JudgeContext,
  alert: { readonly finding: Finding; readonly learned?: Learned | undefined },
  { mayStillCome, until }: { readonly mayStillCome: boolean; readonly until?: Date | undefined },
): Outcome {
  const end = new Date(Math.max(receivedAt.getTime() + evidenceWaitMs, until?.getTime() ?? 0))
  return mayStillCome && now < end ? { waitUntil: end } : alert
}

/** When the promotion that is under way must have ended; `undefined` when none is. */
export async function endOfFlight(
  destination: string,
  at: Date,
  { journal, window }: JudgeContext,
): Promise<Date | undefined> {
  const flight = await journal.inFlight(destination, at)
  return flight && new Date(Date.parse(flight.lastStartedAt) + window.longestMs)
}

/** ISO 8601: when what an event tells of was there. What is known already has happened, whatever a clock says. */
export function toldAt({ at }: Pick<Case, 'at'>, { now }: Pick<JudgeContext, 'now'>): string {
  return new Date(Math.min(Math.max(at.getTime(), 0), now.getTime())).toISOString()
}

/**
 * When something happened that is gone now and was there before, as fields of a finding: what was put back and is gone
 * again is told of again.
 *
 * @param seenAt ISO 8601: when it was there last, as far as that is known.
 */
export function goneAfter(
  seenAt: string | undefined,
  { at }: Pick<Case, 'at'>,
  { now }: Pick<JudgeContext, 'now'>,
): Pick<Finding, 'after' | 'until'> {
  if (seenAt === undefined || seenAt === '') return {}
  // It is gone, and was there then: that came later than the registry's clock says.
  return { after: seenAt, until: at.toISOString() <= seenAt ? now.toISOString() : undefined }
}

/** A manifest and its children, as parts of a tag. */
export function partsOfTag(
  place: string,
  tag: string,
  {
    digest,
    children,
    standing,
    incident,
    at,
  }: {
    readonly digest: Digest
    readonly children: readonly Digest[]
    readonly standing: Standing
    readonly incident?: string | undefined
    readonly at: string
  },
): readonly (KnownPart & { readonly place: string })[] {
  const shared = { place, standing, incident, at }
  return [
    { ...shared, digest, parent: tag, relation: 'tagged' },
    ...children.map((child) => ({ ...shared, digest: child, parent: digest, relation: 'child' as const })),
  ]
}

/** An event of our own about what was found at a tag, which has come about since `event`, and since it was last known. */
export function probeOf(
  { event: { registry, repository }, at }: Pick<Case, 'event' | 'at'>,
  context: Pick<JudgeContext, 'now'>,
  found: {
    readonly tag: string
    readonly digest?: Digest | undefined
    readonly known: Pick<KnownTag, 'at'> | undefined
  },
): RegistryEvent {
  const { tag, digest, known } = found
  const time = context.now.toISOString()
  const since = [at.toISOString(), known?.at ?? ''].sort().at(-1)!
  return {
    // One for a batch: what is the same later may have been otherwise in between.
    id: `snapshot:${registry}/${repository}:${tag}@${digest ?? ''}:${time}`,
    source: 'snapshot',
    time,
    ...(since < time && { since }),
    action: digest === undefined ? 'tag-deleted' : 'push',
    actor: { kind: 'unknown' },
    registry,
    repository,
    tag,
    ...(digest !== undefined && { digest }),
  }
}
