import { setTimeout as delay } from 'node:timers/promises'
import { isSallyportError, joinSignals } from '@sallyport/core'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Alert } from '../alert/alert.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import { describeFinding } from '../judge/describe-finding.ts'
import type { Finding } from '../judge/finding.ts'
import { incidents } from '../judge/incident.ts'
import type { Outbox, OutboxQueue } from '../outbox/outbox.ts'
import type {
  AlertFilter,
  CommittedBatch,
  JudgedBatch,
  KnownSource,
  StateCounts,
} from '../ports/monitor-state.ts'
import { createResponder } from '../respond/create-responder.ts'
import { poll, type PollOptions, type PollSummary } from '../snapshot/poll.ts'
import { openGathering } from './gather.ts'
import { emptyBatch, judgeBatch, joinBatches } from './judge-batch.ts'
import { openJudging } from './judge-due.ts'
import { openIntake } from './intake.ts'
import { resolveOptions } from './monitor-context.ts'
import type { MonitorOptions } from './monitor-options.ts'
import { watchSources } from './source-watch.ts'

/** A step under a load that never ends is over after so long, in milliseconds: others have to be looked after as well. */
const longestStepMs = 5000
/** A response to an alert comes before what follows of its registry, unless it takes longer, in milliseconds. */
const longestResponseMs = 1000
/** Longer than any evidence is read for: what hangs has to be tried again, and told of in time. */
const longestBatchMs = 90_000
const heartbeatMs = 10_000
const heartbeat = 'heartbeat'
const pauseAfterFailureMs = 1000

/** Options of the methods of {@link Monitor}. */
export interface MonitorRunOptions {
  /** Ends it; it rejects with `signal.reason`. What is kept by then stays. */
  readonly signal?: AbortSignal | undefined
}

/** What {@link Monitor.step} did. */
export interface StepSummary {
  /** Events that were judged. */
  readonly judged: number
  /** Alerts that are new, worse, or over. */
  readonly raised: readonly Alert[]
  /** ISO 8601: when the next event is to be looked at; absent when none waits. */
  readonly nextDue?: string | undefined
}

/** How a monitor fares. */
export interface MonitorStatus extends StateCounts {
  /** What was heard of each source. */
  readonly sources: readonly KnownSource[]
  /** What waits for sinks. */
  readonly queues: readonly OutboxQueue[]
  /** ISO 8601: last sign of life. */
  readonly aliveAt?: string | undefined
  /** Of this process; absent before its first. */
  readonly lastPoll?: PollSummary | undefined
}

/** Judges what happens in registries. */
export interface Monitor {
  /** Takes events; they are durable when it resolves. Known ones change nothing. */
  ingest(events: readonly RegistryEvent[]): Promise<void>
  /** Judges what is due. A host with timers of its own calls it again and again. */
  step(options?: MonitorRunOptions): Promise<StepSummary>
  /** Compares the watched repositories with what is known of them; what has changed becomes events. */
  poll(options?: MonitorRunOptions): Promise<PollSummary>
  /** Has all that is in the watched repositories judged anew, whether or not it has changed. */
  reconcile(options?: MonitorRunOptions): Promise<PollSummary>
  /** Steps, polls and delivers alerts until `signal` ends it; then it resolves. */
  run(options: { readonly signal: AbortSignal }): Promise<void>
  /** Alerts, the latest first. */
  alerts(filter?: AlertFilter): Promise<readonly Alert[]>
  /** How it fares, for health checks and dashboards. */
  status(): Promise<MonitorStatus>
  /** Alerts on their way to the sinks; `run` delivers them. */
  readonly outbox: Outbox
}

/**
 * Makes a monitor. It does nothing by itself: `run` it, or call `step` and `poll`.
 *
 * Methods reject with a `GateError` when state or journal fail; nothing is lost then. What can't be read in a registry is
 * an alert instead.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function createMonitor(options: MonitorOptions): Monitor {
  const context = resolveOptions(options)
  const { state, clock, outbox, sleep = pause } = context
  const responder = createResponder(context)
  const failingSince = new Map<string, number>()
  const changedSince = new Map<string, number>()
  const limits = new Map<string, LimitFunction>()
  /** Of each queue, so that a registry that hangs takes nothing from the others. Of what is not watched nothing is read. */
  const limitOf = (queue: string): LimitFunction => {
    const limit = limits.get(queue) ?? pLimit(context.concurrency)
    limits.set(queue, limit)
    return limit
  }
  let sources: Promise<ReturnType<typeof watchSources>> | undefined
  let wake = Promise.withResolvers<void>()
  let lastPoll: PollSummary | undefined
  /** Responses that are being made; none of them rejects. */
  const responses = new Set<Promise<void>>()
  let isPollWanted = false
  let aliveAt: number | undefined
  const getSources = () => (sources ??= state.sources().then(watchSources))
  const intake = openIntake(async (events) => {
    const now = clock.now()
    const heard = (await getSources()).note(events, now)
    await state.receive(events, { receivedAt: now, dueAt: now, queueOf: context.queueOf, sources: heard })
    wake.resolve()
  })

  /** Responses take as long as registries do. */
  const commit = async (
    batch: JudgedBatch,
    signal?: AbortSignal,
  ): Promise<CommittedBatch & { readonly responded: Promise<void> }> => {
    const committed = await state.commit(batch)
    const all = committed.raised.map((alert) => responder.respond(alert, signal))
    const responded = Promise.all(all).then(() => undefined)
    const ended = Promise.allSettled(all).then(() => void responses.delete(ended))
    responses.add(ended)
    // Nobody may wait for it.
    responded.catch(() => undefined)
    for (const judged of batch.judged) {
      const { key, event } = judged.pending
      const alert = committed.alerts.get(key)
      if (!committed.judged.has(key)) continue
      if ('explanation' in judged)
        context.onJudgement?.({ outcome: 'explained', event, explanation: judged.explanation })
      else if (alert) context.onJudgement?.({ outcome: 'alert', event, alert })
    }
    for (const alert of committed.raised) context.onAlert?.(alert)
    return { ...committed, responded }
  }

  const judging = openJudging({
    due: (options) => state.due({ ...options, now: clock.now() }),
    arrival: () => (wake = Promise.withResolvers()).promise,
  })

  /** Resolves once nothing that was begun goes on. */
  const settle = async (looks: Iterable<Promise<unknown>>): Promise<void> => {
    await Promise.allSettled([...looks, judging.idle()])
    await Promise.all(responses)
  }

  /** A whole step waits for what it has begun. */
  const step = async ({ signal }: MonitorRunOptions, isWhole: boolean): Promise<StepSummary> => {
    signal?.throwIfAborted()
    const raised: Alert[] = []
    let judged = 0
    const findings = [...(await findDownTime()), ...(await findMissing()), ...(await findSilent())]
    if (findings.length > 0) {
      const told = await commit({ ...emptyBatch(context, clock.now()), findings }, signal)
      raised.push(...told.raised)
      await told.responded
    }
    const keeping = openGathering(async (batches: readonly JudgedBatch[]) => {
      const committed = await commit(joinBatches(batches), signal)
      judged += committed.judged.size
      raised.push(...committed.raised)
      return committed
    })
    await judging.run({
      judge: async (events) => {
        const limit = limitOf(events[0]!.queue)
        const terms = { now: clock.now(), limit, timeoutMs: longestBatchMs, signal }
        const { responded } = await keeping.add([await judgeBatch(events, context, terms)])
        await Promise.race([responded, delay(longestResponseMs, undefined, { ref: false })])
      },
      longestMs: longestStepMs,
      signal,
    })
    if (isWhole) {
      await judging.idle()
      await Promise.all(responses)
    }
    signal?.throwIfAborted()
    return { judged, raised, nextDue: await state.nextDue() }
  }

  /** Says once that it was not there; what happened meanwhile is found by comparing. */
  async function findDownTime(): Promise<readonly Finding[]> {
    const now = clock.now().getTime()
    const isFirst = aliveAt === undefined
    if (!isFirst && now - aliveAt! < heartbeatMs) return []
    const note = isFirst ? await state.findNote(heartbeat) : undefined
    await state.saveNote(heartbeat, new Date(now).toISOString())
    aliveAt = now
    if (note === undefined || now - Date.parse(note) < context.downAfterMs) return []
    isPollWanted = true
    return [
      describeFinding(
        'gap',
        { registry: '', repository: '' },
        {
          incident: incidents.gap('monitor'),
          epoch: note,
          odd: [`the monitor was not running from ${note} to ${new Date(now).toISOString()}`],
        },
      ),
    ]
  }

  /** Numbers that are still missing after they were waited for. */
  async function findMissing(): Promise<readonly Finding[]> {
    const now = clock.now()
    const holes = (await getSources()).takeHoles(new Date(now.getTime() - context.evidenceWaitMs))
    if (holes.length === 0) return []
    isPollWanted = true
    await state.receive([], { receivedAt: now, dueAt: now, sources: holes.map(({ source }) => source) })
    return holes.map(({ source: { source, registry }, missing }) =>
      describeFinding(
        'gap',
        { registry, repository: '' },
        {
          incident: incidents.gap(`${source} ${registry}`),
          odd: [`${missing} events of ${source} did not come`],
        },
      ),
    )
  }

  const look = async (
    isFull: boolean,
    options: Pick<PollOptions, 'busy' | 'onListed' | 'signal'> = {},
  ): Promise<PollSummary> => {
    isPollWanted = false
    const summary = await poll(context, { isFull, failingSince, ...options })
    // One that found all of its registries still being looked at says nothing.
    if (summary.places > 0 || summary.failures.length > 0 || !lastPoll) lastPoll = summary
    const now = clock.now().getTime()
    for (const registry of isFull ? [] : summary.changedRegistries)
      changedSince.set(registry, changedSince.get(registry) ?? now)
    wake.resolve()
    return summary
  }

  /** Sources that told nothing although something changed; their events may come a moment later. */
  async function findSilent(): Promise<readonly Finding[]> {
    const now = clock.now().getTime()
    const due = [...changedSince].filter(([, since]) => now - since >= context.evidenceWaitMs)
    if (due.length === 0) return []
    const known = (await getSources()).list()
    for (const [registry] of due) changedSince.delete(registry)
    return (context.sources ?? [])
      .filter(({ registry }) => due.some(([changed]) => changed === registry))
      .flatMap(({ source, registry, everyMs }) => {
        const heard = known.find((each) => each.source === source && each.registry === registry)?.lastAt
        if (heard !== undefined && now - Date.parse(heard) <= everyMs) return []
        return [
          describeFinding(
            'gap',
            { registry, repository: '' },
            {
              incident: incidents.gap(`${source} ${registry}`),
              odd: [`${source} was last heard of at ${heard ?? 'no time'}, and something has changed`],
            },
          ),
        ]
      })
  }

  /** Judges and polls until `signal` ends it. */
  async function judgeUntil(signal: AbortSignal): Promise<void> {
    const looks = new Set<Promise<unknown>>()
    const busy = new Set<string>()
    let isListing = false
    let nextPoll = clock.now().getTime()
    let failure: unknown
    while (!signal.aborted) {
      wake = Promise.withResolvers<void>()
      const now = clock.now().getTime()
      // A registry that is read for longer than that keeps none of the others from the next look.
      if (!isListing && (now >= nextPoll || (isPollWanted && looks.size === 0))) {
        nextPoll = now + context.pollEveryMs
        isListing = true
        let isMine = true
        const onListed = (): void => {
          if (isMine) isListing = false
          isMine = false
        }
        const begun = look(false, { busy, onListed, signal })
          .catch((error: unknown) => void (failure = error))
          .finally(() => {
            onListed()
            looks.delete(begun)
          })
        looks.add(begun)
      }
      let pauseMs = heartbeatMs
      try {
        if (failure !== undefined) throw failure
        const { nextDue } = await step({ signal }, false)
        const until = Math.min(nextPoll, nextDue === undefined ? Infinity : Date.parse(nextDue))
        pauseMs = Math.max(Math.min(until - clock.now().getTime(), heartbeatMs), 0)
      } catch (error) {
        failure = undefined
        if (signal.aborted) break
        if (!isSallyportError(error) || error.retryable !== true) {
          await settle(looks)
          throw error
        }
        pauseMs = pauseAfterFailureMs
      }
      const enough = new AbortController()
      using stop = joinSignals([signal, enough.signal])
      await Promise.race([sleep(pauseMs, stop.signal), wake.promise])
      enough.abort()
    }
    await settle(looks)
    await state.saveNote(heartbeat, clock.now().toISOString())
  }

  return {
    ingest: (events) => intake.take(events),
    step: (options = {}) => step(options, true),
    poll: ({ signal } = {}) => look(false, { signal }),
    reconcile: ({ signal } = {}) => look(true, { signal }),
    async run({ signal }) {
      const ended = new AbortController()
      const delivering = outbox.run({ signal: AbortSignal.any([signal, ended.signal]) })
      try {
        await judgeUntil(signal)
      } finally {
        ended.abort()
        await delivering
      }
    },
    alerts: (filter) => state.alerts(filter),
    async status() {
      const [counts, queues, known] = [await state.counts(), await outbox.pending(), await getSources()]
      const alive = await state.findNote(heartbeat)
      return {
        ...counts,
        queues,
        sources: known.list(),
        ...(alive !== undefined && { aliveAt: alive }),
        ...(lastPoll && { lastPoll }),
      }
    },
    outbox,
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
