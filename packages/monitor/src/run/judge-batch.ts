import { joinSignals } from '@sallyport/core'
import type { LimitFunction } from 'p-limit'
import type { Explanation } from '../alert/explanation.ts'
import { describeFinding } from '../judge/describe-finding.ts'
import { incidents } from '../judge/incident.ts'
import { type JudgeContext, openCase, type Outcome } from '../judge/judge-context.ts'
import { judgeEvent, judgeOther } from '../judge/judge-event.ts'
import { openJournalView } from '../judge/journal-view.ts'
import { openView } from '../judge/registry-view.ts'
import { openStateView, type StateWanted } from '../judge/state-view.ts'
import type { JudgedBatch, JudgedEvent, PendingEvent, PostponedEvent } from '../ports/monitor-state.ts'
import { toFailureMessage } from './failure-message.ts'
import type { MonitorContext } from './monitor-context.ts'

/** Judged at the same time; how much of that is read at the same time is another bound. */
const eventsAtOnce = 64
const firstPauseMs = 500
const longestWaitPauseMs = 15_000
const longestFailurePauseMs = 60_000

/** A batch without anything in it. */
export function emptyBatch({ sinks, evidenceWaitMs, queueOf }: MonitorContext, now: Date): JudgedBatch {
  return {
    now,
    judged: [],
    postponed: [],
    findings: [],
    settles: [],
    probes: [],
    // So that the event of the same, if it comes, is judged first.
    probesAt: new Date(now.getTime() + evidenceWaitMs),
    tags: [],
    goneTags: [],
    parts: [],
    goneParts: [],
    sinks,
    queueOf,
  }
}

/** Batches of different registries as one, so that they are kept in one go. There is at least one. */
export function joinBatches(batches: readonly JudgedBatch[]): JudgedBatch {
  const [last] = batches.toSorted((one, other) => other.now.getTime() - one.now.getTime())
  return {
    ...last!,
    judged: batches.flatMap(({ judged }) => judged),
    postponed: batches.flatMap(({ postponed }) => postponed),
    findings: batches.flatMap(({ findings }) => findings),
    settles: batches.flatMap(({ settles }) => settles),
    probes: batches.flatMap(({ probes }) => probes),
    tags: batches.flatMap(({ tags }) => tags),
    goneTags: batches.flatMap(({ goneTags }) => goneTags),
    parts: batches.flatMap(({ parts }) => parts),
    goneParts: batches.flatMap(({ goneParts }) => goneParts),
  }
}

/**
 * Judges events by what the registry holds now: each tag and each digest is read once, after all of the events were
 * received.
 */
export async function judgeBatch(
  events: readonly PendingEvent[],
  context: MonitorContext,
  {
    now,
    limit,
    timeoutMs,
    signal,
  }: {
    readonly now: Date
    /** Bounds what is read at the same time, in other batches as well. */
    readonly limit: LimitFunction
    /** What is not judged by then counts as unreadable, and is tried again. */
    readonly timeoutMs: number
    readonly signal?: AbortSignal | undefined
  },
): Promise<JudgedBatch> {
  const late = new AbortController()
  using either = joinSignals([signal, late.signal])
  // Who reads for us may not listen to its signal.
  const { promise: end, reject } = Promise.withResolvers<never>()
  end.catch(() => undefined)
  either.signal.addEventListener('abort', () => reject(either.signal.reason as Error), { once: true })
  const state = await openStateView(context.state, wantedOf(events))
  const journal = openJournalView(context.journal, { window: context.window, now })
  const places = new Map<string, JudgeContext | undefined>()
  const open = (pending: PendingEvent): JudgeContext | undefined => {
    const { registry, repository } = pending.event
    const place = `${registry}/${repository}`
    if (places.has(place)) return places.get(place)
    const verifier = context.verifierOf(registry, repository)
    const opened: JudgeContext | undefined = verifier && {
      state,
      view: openView(verifier, { signal: either.signal, now: () => now, limit }),
      journal,
      terms: verifier.terms,
      gateActors: context.gateActors[registry] ?? [],
      place,
      origin: verifier.terms.originOf?.(place) ?? place,
      window: context.window,
      evidenceWaitMs: context.evidenceWaitMs,
      now,
      findRetirement: context.findRetirement,
    }
    places.set(place, opened)
    return opened
  }

  const outcomes = new Map<PendingEvent, Outcome | Failure>()
  const waiting = [...events].reverse()
  const work = async (): Promise<void> => {
    for (let pending = waiting.pop(); pending !== undefined; pending = waiting.pop()) {
      signal?.throwIfAborted()
      try {
        late.signal.throwIfAborted()
        const opened = open(pending)
        const outcome = opened
          ? await Promise.race([
              judgeEvent(openCase(pending.event, new Date(pending.receivedAt), opened), opened),
              end,
            ])
          : judgeOther(pending.event, context.watch)
        outcomes.set(pending, outcome)
      } catch (error) {
        signal?.throwIfAborted()
        outcomes.set(pending, new Failure(toFailureMessage(late.signal.aborted ? late.signal.reason : error)))
      }
    }
  }
  const timer = setTimeout(() => late.abort(new Error(`it was not read within ${timeoutMs} ms`)), timeoutMs)
  try {
    await Promise.all(Array.from({ length: Math.min(eventsAtOnce, events.length) }, work))
  } finally {
    clearTimeout(timer)
  }
  return collect(events, outcomes, context, now)
}

/** What judging asks for first. */
function wantedOf(events: readonly PendingEvent[]): StateWanted {
  const all = events.map(({ event }) => ({ ...event, place: `${event.registry}/${event.repository}` }))
  return {
    tags: all.flatMap(({ place, tag }) => (tag === undefined ? [] : [[place, tag] as const])),
    digests: all.flatMap(({ place, digest }) => (digest === undefined ? [] : [[place, digest] as const])),
  }
}

class Failure {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

function collect(
  events: readonly PendingEvent[],
  outcomes: ReadonlyMap<PendingEvent, Outcome | Failure>,
  context: MonitorContext,
  now: Date,
): JudgedBatch {
  const judged: JudgedEvent[] = []
  const postponed: PostponedEvent[] = []
  const learned: Pick<
    { -readonly [name in keyof JudgedBatch]: JudgedBatch[name][keyof JudgedBatch[name] & number][] },
    'tags' | 'goneTags' | 'parts' | 'goneParts' | 'probes'
  > = { tags: [], goneTags: [], parts: [], goneParts: [], probes: [] }
  for (const pending of events) {
    const outcome = outcomes.get(pending)!
    if (outcome instanceof Failure) {
      postponed.push(postponeFailure(pending, outcome, context, now))
      continue
    }
    if ('waitUntil' in outcome) {
      const pause = Math.min(firstPauseMs * 2 ** Math.min(pending.tries, 20), longestWaitPauseMs)
      const until = new Date(Math.min(outcome.waitUntil.getTime(), now.getTime() + pause))
      postponed.push({ pending, until })
      continue
    }
    const { registry, repository } = pending.event
    const readable = pending.isReported
      ? [{ incident: incidents.unjudged(`${registry}/${repository}`), isLastOnly: true }]
      : []
    if ('finding' in outcome) judged.push({ pending, finding: outcome.finding, settles: readable })
    else
      judged.push({
        pending,
        explanation: outcome.explanation satisfies Explanation,
        settles: [...(outcome.settles ?? []), ...readable],
      })
    learned.tags.push(...(outcome.learned?.tags ?? []))
    learned.goneTags.push(...(outcome.learned?.goneTags ?? []))
    learned.parts.push(...(outcome.learned?.parts ?? []))
    learned.goneParts.push(...(outcome.learned?.goneParts ?? []))
    learned.probes.push(...(outcome.learned?.probes ?? []))
  }
  return { ...emptyBatch(context, now), judged, postponed, ...unique(learned) }
}

function postponeFailure(
  pending: PendingEvent,
  { message }: Failure,
  { unreadableAfterMs, clock }: MonitorContext,
  begunAt: Date,
): PostponedEvent {
  const { event, tries, isReported } = pending
  const failingSince = pending.failingSince ?? begunAt.toISOString()
  const now = clock.now()
  const pause = Math.min(firstPauseMs * 2 ** Math.min(tries, 20), longestFailurePauseMs)
  const isLong = now.getTime() - Date.parse(failingSince) >= unreadableAfterMs
  return {
    pending,
    until: new Date(now.getTime() + pause),
    failingSince,
    finding:
      isLong && !isReported
        ? describeFinding('unjudged', event, {
            incident: incidents.unjudged(`${event.registry}/${event.repository}`),
            odd: [message],
            // It can't be read now, whenever the event was.
            until: now.toISOString(),
          })
        : undefined,
  }
}

/** Many events of a batch are about the same; it is written once. */
function unique<T extends Readonly<Record<string, readonly unknown[]>>>(lists: T): T {
  const entries = Object.entries(lists).map(([name, list]) => {
    const byText = new Map(list.map((each) => [JSON.stringify(each), each]))
    return [name, [...byText.values()]]
  })
  return Object.fromEntries(entries) as T
}
