import type { Database, Query, Row } from '@sallyport/gate/database'
import type { Alert } from '../alert/alert.ts'
import { shortId } from '../sinks/fit-alert.ts'
import { buildDigest } from './build-digest.ts'
import { urgencies } from './enqueue-alerts.ts'
import { digestGroup, outboxTables } from './outbox-schema.ts'

/** An alert that is to be sent now. */
export interface Claim {
  readonly entry: string
  readonly alert: Alert
}

/** Nothing is to be sent before `until`; without it, not before something is queued. */
export interface Idle {
  readonly until?: Date | undefined
}

/** Who asks, and by which rules. */
export interface ClaimOptions {
  readonly sink: string
  /** Names the process; as long as its lease lasts, nobody else sends to this sink. */
  readonly owner: string
  readonly leaseMs: number
  readonly maxPerMinute?: number | undefined
  readonly now: Date
}

const minuteMs = 60_000
const maxSummed = 500

/** Takes or renews the lease on a sink, and notes an attempt of what is to be sent next. */
export function claimDelivery(database: Database, options: ClaimOptions): Promise<Claim | Idle> {
  return database.transaction(async (query) => {
    const queue = new SinkQueue(query, database, options)
    const { heldUntil, isFailing } = await queue.lease()
    if (heldUntil !== undefined) return { until: heldUntil }
    const { slots, until } = await queue.slots()
    if (slots <= 0) return { until }
    const head = await queue.head(isFailing)
    if (head === undefined) return { until: await queue.nextDue() }
    if (slots === 1 && options.maxPerMinute !== undefined) {
      const summed = await queue.summable()
      if (summed.length > 1) return await queue.sumUp(summed)
    }
    return await queue.attempt(head)
  })
}

/** The queue of one sink, as it is at one moment. */
class SinkQueue {
  readonly #query: Query
  readonly #tables: ReturnType<typeof outboxTables>
  readonly #options: ClaimOptions
  readonly #now: string

  constructor(query: Query, { dialect }: Database, options: ClaimOptions) {
    this.#query = query
    this.#tables = outboxTables(dialect)
    this.#options = options
    this.#now = options.now.toISOString()
  }

  /** Until when the sink is another's, or paused; and whether it failed when it was asked last. */
  async lease(): Promise<{ readonly heldUntil?: Date | undefined; readonly isFailing: boolean }> {
    const { sink, owner, leaseMs, now } = this.#options
    const until = new Date(now.getTime() + leaseMs).toISOString()
    const [ours] = await this.#query(
      `INSERT INTO ${this.#tables.sinks} AS held (sink, owner, leased_until, failures) VALUES ($1, $2, $3, 0)
       ON CONFLICT (sink) DO UPDATE SET owner = excluded.owner, leased_until = excluded.leased_until
       WHERE held.owner = excluded.owner OR held.leased_until <= $4
       RETURNING paused_until, failures`,
      [sink, owner, until, this.#now],
    )
    if (ours === undefined) {
      const [held] = await this.#query(`SELECT leased_until FROM ${this.#tables.sinks} WHERE sink = $1`, [
        sink,
      ])
      return { heldUntil: dateOf(held?.['leased_until']) ?? now, isFailing: false }
    }
    const paused = dateOf(ours['paused_until'])
    return {
      heldUntil: paused !== undefined && paused > now ? paused : undefined,
      isFailing: Number(ours['failures']) > 0,
    }
  }

  /** How many may be sent now; a minute is left after a digest, so that the next one sums up more. */
  async slots(): Promise<{ readonly slots: number; readonly until?: Date | undefined }> {
    const { sink, maxPerMinute, now } = this.#options
    if (maxPerMinute === undefined) return { slots: Number.POSITIVE_INFINITY }
    const since = new Date(now.getTime() - minuteMs).toISOString()
    const [row] = await this.#query(
      `SELECT COUNT(*) AS sent, MIN(attempted_at) AS earliest,
         MAX(CASE WHEN chain = '${digestGroup}' THEN attempted_at END) AS digest
       FROM ${this.#tables.deliveries} WHERE sink = $1 AND attempted_at > $2`,
      [sink, since],
    )
    const digest = dateOf(row?.['digest'])
    if (digest !== undefined) return { slots: 0, until: new Date(digest.getTime() + minuteMs) }
    const earliest = dateOf(row?.['earliest']) ?? now
    return { slots: maxPerMinute - Number(row?.['sent']), until: new Date(earliest.getTime() + minuteMs) }
  }

  /**
   * What is due, is the first of its group, and is the most urgent. A sink that is failing is asked for what was tried
   * least: it may be one alert alone that it can't take, and that must not stand in the way of the others.
   */
  async head(isFailing: boolean): Promise<Row | undefined> {
    const [row] = await this.#query(
      `SELECT d.entry, a.document FROM ${this.#tables.deliveries} d
       JOIN ${this.#tables.alerts} a ON a.entry = d.entry
       WHERE d.sink = $1 AND d.state = 'waiting' AND d.due_at <= $2 AND ${this.#noneAhead('TRUE')}
       ORDER BY ${isFailing ? 'd.attempts, ' : ''}d.urgency, d.queued_at, d.position LIMIT 1`,
      [this.#options.sink, this.#now],
    )
    return row
  }

  async nextDue(): Promise<Date | undefined> {
    const [row] = await this.#query(
      `SELECT MIN(d.due_at) AS due FROM ${this.#tables.deliveries} d
       WHERE d.sink = $1 AND d.state = 'waiting' AND ${this.#noneAhead('TRUE')}`,
      [this.#options.sink],
    )
    return dateOf(row?.['due'])
  }

  /**
   * What is due and may be summed up without coming ahead of others of its group. What takes an alert back is sent by
   * itself: machines need it to close what they opened.
   */
  summable(): Promise<readonly Row[]> {
    return this.#query(
      `SELECT d.entry, a.document FROM ${this.#tables.deliveries} d
       JOIN ${this.#tables.alerts} a ON a.entry = d.entry
       WHERE d.sink = $1 AND d.state = 'waiting' AND d.due_at <= $2 AND d.resolves = 0
         AND d.chain <> '${digestGroup}'
         AND ${this.#noneAhead(`(e.state = 'summed' OR e.due_at > $2 OR e.resolves = 1)`)}
       ORDER BY d.position, d.urgency, d.queued_at LIMIT ${maxSummed}`,
      [this.#options.sink, this.#now],
    )
  }

  async sumUp(rows: readonly Row[]): Promise<Claim> {
    const { sink, now } = this.#options
    const alert = buildDigest(rows.map(alertOf), sink, now)
    const entry = shortId(alert.id)
    await this.#query(`INSERT INTO ${this.#tables.alerts} (entry, queued_at, document) VALUES ($1, $2, $3)`, [
      entry,
      this.#now,
      JSON.stringify(alert),
    ])
    await this.#query(
      `INSERT INTO ${this.#tables.deliveries}
         (sink, entry, alert_id, chain, position, urgency, resolves, state, queued_at, due_at, attempts, attempted_at)
       SELECT $1, $2, $2, '${digestGroup}', COALESCE(MAX(position), 0) + 1, ${urgencies[alert.severity]}, 0,
         'waiting', $3, $3, 1, $3
       FROM ${this.#tables.deliveries} WHERE sink = $1 AND chain = '${digestGroup}'`,
      [sink, entry, this.#now],
    )
    for (const row of rows) {
      await this.#query(
        `UPDATE ${this.#tables.deliveries} SET state = 'summed', digest = $3 WHERE sink = $1 AND entry = $2`,
        [sink, entryOf(row), entry],
      )
    }
    return { entry, alert }
  }

  async attempt(row: Row): Promise<Claim> {
    await this.#query(
      `UPDATE ${this.#tables.deliveries} SET attempts = attempts + 1, attempted_at = $3
       WHERE sink = $1 AND entry = $2`,
      [this.#options.sink, entryOf(row), this.#now],
    )
    return { entry: entryOf(row), alert: alertOf(row) }
  }

  /** That nothing of the same group that is not delivered, and of which `condition` holds, stands before it. */
  #noneAhead(condition: string): string {
    return `NOT EXISTS (
      SELECT 1 FROM ${this.#tables.deliveries} e
      WHERE e.sink = d.sink AND e.chain = d.chain AND e.position < d.position
        AND e.state IN ('waiting', 'summed') AND ${condition})`
  }
}

function entryOf(row: Row): string {
  return String(row['entry'])
}

function alertOf(row: Row): Alert {
  return JSON.parse(String(row['document'])) as Alert
}

function dateOf(value: unknown): Date | undefined {
  return typeof value === 'string' ? new Date(value) : undefined
}
