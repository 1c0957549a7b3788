import { randomUUID } from 'node:crypto'
import { isSallyportError, systemClock } from '@sallyport/core'
import { defaultSleep } from '@sallyport/oci/cloud'
import { MonitorError } from '../errors.ts'
import type { AlertSink } from '../ports/alert-sink.ts'
import { redact } from '../sinks/redact.ts'
import { claimDelivery } from './claim-delivery.ts'
import { type Failure, noteDelivered, noteFailed, releaseSink, removeDelivered } from './end-delivery.ts'
import type { Outbox, OutboxStep } from './outbox.ts'
import { outboxListing } from './outbox-listing.ts'
import type { OutboxFailure, OutboxOptions } from './outbox-options.ts'
import { sendWithin } from './send-within.ts'

const dayMs = 86_400_000
const cleaningMs = 600_000

/**
 * Makes an outbox for what {@link enqueueAlerts} queues. Several processes may share the database: a sink is served by one
 * of them at a time.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for two sinks of one name, a limit for a sink that is not there, and figures
 *   out of range.
 */
export function createOutbox({
  database,
  sinks,
  maxPerMinute = {},
  sendTimeoutMs = 30_000,
  baseDelayMs = 1000,
  maxDelayMs = 300_000,
  giveUpAfterMs = 14 * dayMs,
  retentionMs = 7 * dayMs,
  pollMs = 1000,
  onFailure = warn,
  clock = systemClock,
  sleep = defaultSleep,
  random = Math.random,
}: OutboxOptions): Outbox {
  checkOptions(sinks, maxPerMinute, {
    sendTimeoutMs,
    baseDelayMs,
    maxDelayMs,
    giveUpAfterMs,
    retentionMs,
    pollMs,
  })
  const owner = randomUUID()
  const rules = { baseDelayMs, maxDelayMs, giveUpAfterMs, random }
  let cleanedAt = Number.NEGATIVE_INFINITY

  /** Whatever a listener does, the queue is as it is. */
  const tell = (failure: OutboxFailure): void => {
    try {
      onFailure(failure)
    } catch (error) {
      process.emitWarning(`a listener for failures failed: ${toFailure(error).error}`)
    }
  }

  const clean = async (): Promise<void> => {
    const now = clock.now().getTime()
    if (Math.abs(now - cleanedAt) < cleaningMs) return
    cleanedAt = now
    await removeDelivered(database, new Date(now - retentionMs))
  }

  /** Sends to one sink what is due. */
  const drain = async (sink: AlertSink, signal: AbortSignal): Promise<OutboxStep> => {
    const done = { delivered: 0, postponed: 0, setAside: 0 }
    const { name } = sink
    try {
      for (;;) {
        signal.throwIfAborted()
        const claim = await claimDelivery(database, {
          sink: name,
          owner,
          // Long enough for a sink that takes all of its time, and for the mark afterwards.
          leaseMs: sendTimeoutMs + 30_000,
          maxPerMinute: maxPerMinute[name],
          now: clock.now(),
        })
        if (!('alert' in claim)) return { ...done, ...(claim.until && { nextAt: claim.until }) }
        const { entry, alert } = claim
        let error: unknown
        try {
          await sendWithin(sink, alert, { timeoutMs: sendTimeoutMs, signal })
        } catch (caught) {
          signal.throwIfAborted()
          error = caught ?? new TypeError('rejected without a reason')
        }
        const attempted = { sink: name, entry, now: clock.now() }
        if (error === undefined) {
          await noteDelivered(database, attempted)
          done.delivered++
          continue
        }
        const until = await noteFailed(database, attempted, toFailure(error), rules)
        done[until ? 'postponed' : 'setAside']++
        const about = { sink: name, alertId: alert.id, error }
        tell(until ? { type: 'postponed', ...about, until } : { type: 'set-aside', ...about })
      }
    } finally {
      await releaseSink(database, name, owner, clock.now()).catch(() => undefined)
    }
  }

  const serve = async (sink: AlertSink, signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      let waitMs = pollMs
      try {
        const { nextAt } = await drain(sink, signal)
        await clean()
        failures = 0
        if (nextAt) waitMs = Math.min(pollMs, Math.max(1, nextAt.getTime() - clock.now().getTime()))
      } catch (error) {
        if (signal.aborted) return
        tell({ type: 'database', sink: sink.name, error })
        waitMs = Math.min(maxDelayMs, pollMs * 2 ** Math.min(failures++, 20))
      }
      try {
        await sleep(waitMs, signal)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  return {
    ...outboxListing(database, clock),
    async step({ signal = new AbortController().signal } = {}) {
      const ended = await Promise.allSettled(sinks.map((sink) => drain(sink, signal)))
      signal.throwIfAborted()
      const failed = ended.find((each) => each.status === 'rejected')
      if (failed) throw failed.reason
      await clean()
      return ended
        .flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
        .reduce(addSteps, nothing)
    },
    async run({ signal }) {
      await Promise.all(sinks.map((sink) => serve(sink, signal)))
    },
  }
}

const nothing: OutboxStep = { delivered: 0, postponed: 0, setAside: 0 }

function addSteps(one: OutboxStep, other: OutboxStep): OutboxStep {
  const times = [one.nextAt, other.nextAt].filter((each) => each !== undefined)
  return {
    delivered: one.delivered + other.delivered,
    postponed: one.postponed + other.postponed,
    setAside: one.setAside + other.setAside,
    ...(times.length > 0 && { nextAt: new Date(Math.min(...times.map(Number))) }),
  }
}

function toFailure(error: unknown): Failure {
  const isOurs = isSallyportError(error) && error.code === 'SINK_FAILED'
  const { retryAfterMs } = error as { readonly retryAfterMs?: unknown }
  return {
    error: redact(error instanceof Error ? error.message : 'rejected with what is no error') || 'no message',
    isPermanent: isOurs && !error.retryable,
    retryAfterMs: isOurs && typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  }
}

function warn(failure: OutboxFailure): void {
  if (failure.type === 'postponed') return
  const { error } = toFailure(failure.error)
  const what =
    failure.type === 'database'
      ? `alerts for ${failure.sink} wait`
      : `alert ${failure.alertId} for ${failure.sink} was set aside`
  process.emitWarning(`${what}: ${error}`, { code: 'SALLYPORT_ALERT_NOT_DELIVERED' })
}

function checkOptions(
  sinks: readonly AlertSink[],
  limits: Readonly<Record<string, number>>,
  times: Readonly<Record<string, number>>,
): void {
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new MonitorError('OPTIONS_INVALID', `outbox: ${what}`)
  }
  const names = new Set(sinks.map(({ name }) => name))
  demand(names.size === sinks.length, 'two sinks have the same name')
  for (const name of names)
    demand(/^[\x21-\x7e]{1,100}$/.test(name), `a sink's name is 1 to 100 printable characters of ASCII`)
  for (const [name, limit] of Object.entries(limits)) {
    demand(names.has(name), `maxPerMinute: there is no sink ${JSON.stringify(name.slice(0, 100))}`)
    demand(Number.isInteger(limit) && limit >= 2, `maxPerMinute of ${name}: at least 2`)
  }
  for (const [name, value] of Object.entries(times)) demand(value > 0, `${name}: more than 0`)
  demand((times['retentionMs'] ?? 0) >= 60_000, 'retentionMs: at least 60,000, which limits are counted by')
}
