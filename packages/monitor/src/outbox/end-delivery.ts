import type { Database } from '@sallyport/gate/database'
import { backoffMs } from '@sallyport/oci/cloud'
import { digestGroup, outboxTables } from './outbox-schema.ts'

/** What was sent, or was to be sent. */
export interface Attempted {
  readonly sink: string
  readonly entry: string
  readonly now: Date
}

/** How and how long deliveries are repeated. */
export interface RepeatRules {
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  readonly giveUpAfterMs: number
  readonly random: () => number
}

/** What went wrong. */
export interface Failure {
  /** Fit to be kept. */
  readonly error: string
  /** It is there to stay: another try would be in vain. */
  readonly isPermanent: boolean
  readonly retryAfterMs?: number | undefined
}

/** A receiver that wants to be left alone for longer is asked after an hour all the same. */
const maxRetryAfterMs = 3_600_000

/** Notes that a sink has an alert, and with a digest all that it stands for. */
export async function noteDelivered(database: Database, { sink, entry, now }: Attempted): Promise<void> {
  const { deliveries, sinks } = outboxTables(database.dialect)
  await database.transaction(async (query) => {
    // Two statements: with a condition that joins them, all that waits would be looked through.
    for (const column of ['entry', 'digest']) {
      await query(
        `UPDATE ${deliveries} SET state = 'delivered', ended_at = $3, error = NULL
         WHERE sink = $1 AND ${column} = $2 AND state IN ('waiting', 'summed')`,
        [sink, entry, now.toISOString()],
      )
    }
    await query(`UPDATE ${sinks} SET failures = 0, paused_until = NULL, error = NULL WHERE sink = $1`, [sink])
  })
}

/**
 * Notes that a sink did not take an alert. It is due again later, or set aside; the sink as a whole is given a pause, so
 * that one that is down is not asked for each alert. Resolves with when it is due again, or `undefined`.
 */
export function noteFailed(
  database: Database,
  { sink, entry, now }: Attempted,
  { error, isPermanent, retryAfterMs }: Failure,
  { baseDelayMs, maxDelayMs, giveUpAfterMs, random }: RepeatRules,
): Promise<Date | undefined> {
  const { alerts, deliveries, sinks } = outboxTables(database.dialect)
  const at = now.toISOString()
  const asked = retryAfterMs === undefined ? 0 : Math.min(retryAfterMs, maxRetryAfterMs)
  const later = (tries: number): Date =>
    new Date(now.getTime() + Math.max(asked, 1, backoffMs(tries, baseDelayMs, maxDelayMs, random())))

  return database.transaction(async (query) => {
    const [row] = await query(
      `SELECT chain, attempts, queued_at FROM ${deliveries} WHERE sink = $1 AND entry = $2 AND state = 'waiting'`,
      [sink, entry],
    )
    if (row === undefined) return undefined
    const [state] = await query(`SELECT failures FROM ${sinks} WHERE sink = $1`, [sink])
    const failures = isPermanent ? 0 : Number(state?.['failures'] ?? 0) + 1
    const pausedUntil = isPermanent ? null : later(failures).toISOString()
    await query(`UPDATE ${sinks} SET failures = $2, paused_until = $3, error = $4 WHERE sink = $1`, [
      sink,
      failures,
      pausedUntil,
      error,
    ])
    const isTooOld = now.getTime() - Date.parse(String(row['queued_at'])) >= giveUpAfterMs
    if (!isPermanent && !isTooOld) {
      const dueAt = later(Number(row['attempts']))
      await query(`UPDATE ${deliveries} SET due_at = $3, error = $4 WHERE sink = $1 AND entry = $2`, [
        sink,
        entry,
        dueAt.toISOString(),
        error,
      ])
      return dueAt
    }
    // What a digest stood for is set aside each by itself: so it can be sent again as it was.
    const isDigest = row['chain'] === digestGroup
    await query(
      `UPDATE ${deliveries} SET state = 'dead', ended_at = $3, error = $4, digest = NULL
       WHERE sink = $1 AND ${isDigest ? 'digest' : 'entry'} = $2`,
      [sink, entry, at, error],
    )
    if (isDigest) {
      await query(`DELETE FROM ${deliveries} WHERE sink = $1 AND entry = $2`, [sink, entry])
      await query(`DELETE FROM ${alerts} WHERE entry = $1`, [entry])
    }
    return undefined
  })
}

/** Ends a lease, so that another process need not wait for it to run out. */
export async function releaseSink(database: Database, sink: string, owner: string, now: Date): Promise<void> {
  const { sinks } = outboxTables(database.dialect)
  await database.query(`UPDATE ${sinks} SET leased_until = $3 WHERE sink = $1 AND owner = $2`, [
    sink,
    owner,
    now.toISOString(),
  ])
}

/** Removes what was delivered before a time, and alerts that no sink waits for any more. */
export async function removeDelivered(database: Database, before: Date): Promise<void> {
  const { alerts, deliveries } = outboxTables(database.dialect)
  const at = before.toISOString()
  await database.transaction(async (query) => {
    await query(`DELETE FROM ${deliveries} WHERE state = 'delivered' AND ended_at < $1`, [at])
    await query(
      `DELETE FROM ${alerts} WHERE queued_at < $1
       AND NOT EXISTS (SELECT 1 FROM ${deliveries} d WHERE d.entry = ${alerts}.entry)`,
      [at],
    )
  })
}
