import { signEnvelope } from '@sallyport/attest'
import { systemClock } from '@sallyport/core'
import type { Database, Query } from '../database/database.ts'
import { bindConditions, type Condition, queryPage } from '../database/query-page.ts'
import { readInstant } from '../database/read-instant.ts'
import { GateError } from '../errors.ts'
import { readJson } from '../journal/read-json.ts'
import type {
  QuarantineEntry,
  QuarantineEvent,
  QuarantineMatch,
  QuarantineOptions,
  QuarantineRecord,
  QuarantineState,
  QuarantineStatus,
  QuarantineStore,
} from '../ports/quarantine-store.ts'
import { grantWaivers, waiversPayloadType } from './grant-waivers.ts'
import { notify } from './notify.ts'
import { searchText, summarize, summaryColumns, toSummary } from './summary.ts'
import { verifyApprovals } from './verify-approvals.ts'

type Decided = Exclude<QuarantineStatus, { readonly state: 'open' }>

const idPattern = /^[0-9a-f]{32}$/
const maxTextLength = 200
const rejectable = ['open', 'approved'] as const

/** A quarantine on a database whose tables are those of `quarantineSchema`; it is closed with the quarantine. */
export function createQuarantine(database: Database, options: QuarantineOptions = {}): QuarantineStore {
  const { query, dialect } = database
  const { clock = systemClock } = options
  const table = dialect.table('quarantine')
  const documents = dialect.table('quarantine_document')
  const envelopes = dialect.table('quarantine_waivers')

  const conditionsOf = ({
    destination,
    source,
    tier,
    worst,
    since,
    text,
  }: QuarantineMatch): readonly Condition[] => {
    if (text !== undefined && text.length > maxTextLength)
      throw new GateError('OPTIONS_INVALID', `text: at most ${maxTextLength} characters`)
    return [
      ['destination = ?', destination],
      ['source = ?', source],
      ['tier = ?', tier],
      ['worst = ?', worst],
      ['quarantined_at >= ?', since && readInstant(since, 'since')],
      [`${dialect.position}(search, ?) > 0`, text?.toLowerCase()],
    ]
  }

  const find = async (query: Query, id: string): Promise<QuarantineEntry | undefined> => {
    if (!idPattern.test(id)) return undefined
    const [row] = await query(
      `SELECT status, document FROM ${table} AS quarantine JOIN ${documents} AS kept ON kept.id = quarantine.id
       WHERE quarantine.id = $1`,
      [id],
    )
    return (
      row && {
        record: readJson<QuarantineRecord>(row['document'], `quarantine record ${id}`),
        status: readJson<QuarantineStatus>(row['status'], `state of quarantine record ${id}`),
      }
    )
  }

  /** Sets the status where a condition holds; the events of it. `$1` and `$2` are taken. */
  const change = async (
    query: Query,
    status: Decided,
    condition: string,
    parameters: readonly string[],
  ): Promise<readonly QuarantineEvent[]> => {
    const rows = await query(
      `UPDATE ${table} SET state = $1, status = $2 WHERE ${condition} RETURNING ${summaryColumns}`,
      [status.state, JSON.stringify(status), ...parameters],
    )
    return rows.map((row) => ({ type: status.state, record: toSummary(row), status }))
  }

  /** Opens a record that is refused anew, unless this is the refusal that it holds, told twice. */
  const reopen = async (query: Query, id: string, at: string): Promise<readonly QuarantineEvent[]> => {
    const status = { state: 'open' } as const
    const rows = await query(
      `UPDATE ${table} SET state = 'open', status = $1, quarantined_at = $2
       WHERE id = $3 AND quarantined_at < $2 AND (state = 'superseded'
         OR (state = 'approved' AND id IN (SELECT id FROM ${envelopes} WHERE expires <= $2)))
       RETURNING ${summaryColumns}`,
      [JSON.stringify(status), at, id],
    )
    return rows.map((row) => ({ type: 'quarantined', record: toSummary(row), status }))
  }

  /** Changes one record of certain states, or says why not. */
  const decide = async (
    id: string,
    from: readonly QuarantineState[],
    status: Decided,
    also: (query: Query) => Promise<void> = async () => undefined,
  ): Promise<QuarantineEntry> => {
    const { entry, events } = await database.transaction(async (query) => {
      const states = from.map((state) => `'${state}'`).join(', ')
      const events = await change(query, status, `id = $3 AND state IN (${states})`, [id])
      const entry = requireFound(id, await find(query, id))
      if (events.length === 0) throw conflict(entry)
      await also(query)
      return { entry, events }
    })
    await notify(events, options)
    return entry
  }

  const insert = (query: Query, record: QuarantineRecord, at: string) => {
    const { id, source, sourceDigest, destination, tier } = record
    const { verdict, findings, worst, reason } = summarize(record)
    return query(
      `INSERT INTO ${table} (${summaryColumns}, search)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT (id) DO NOTHING RETURNING ${summaryColumns}`,
      [
        id,
        'open',
        at,
        source,
        sourceDigest,
        destination,
        tier,
        verdict,
        findings,
        worst ?? null,
        reason,
        JSON.stringify({ state: 'open' }),
        searchText(record),
      ],
    )
  }

  return {
    get: (id) => find(query, id),

    async put(record) {
      const { id, source, destination, tier, sourceDigest } = record
      if (!idPattern.test(id))
        throw new GateError('OPTIONS_INVALID', `not a quarantine id: ${JSON.stringify(id.slice(0, 80))}`)
      const at = readInstant(record.quarantinedAt, 'quarantinedAt')
      const document = JSON.stringify(record)
      const now = clock.now().toISOString()
      const { kept, events } = await database.transaction(async (query) => {
        const events: QuarantineEvent[] = []
        const [row] = await insert(query, record, at)
        if (row) {
          await query(`INSERT INTO ${documents} (id, document) VALUES ($1, $2)`, [id, document])
          events.push({ type: 'quarantined', record: toSummary(row), status: { state: 'open' } })
        } else {
          events.push(...(await reopen(query, id, at)))
        }
        events.push(
          ...(await change(
            query,
            { state: 'superseded', sourceDigest, cause: 'quarantined', at: now },
            `state = 'open' AND source = $3 AND destination = $4 AND tier = $5 AND source_digest <> $6
             AND quarantined_at <= $7`,
            [source, destination, tier, sourceDigest, at],
          )),
        )
        return { kept: requireFound(id, await find(query, id)).record, events }
      })
      await notify(events, options)
      return kept
    },

    async list({ state, limit, cursor, ...matching } = {}) {
      return await queryPage(query, {
        columns: summaryColumns,
        table,
        conditions: [['state = ?', state], ...conditionsOf(matching)],
        order: ['quarantined_at', 'id'],
        toItem: toSummary,
        limit,
        cursor,
      })
    },

    async countStates(matching = {}) {
      const { where, parameters } = bindConditions(conditionsOf(matching))
      const rows = await query(
        `SELECT state, COUNT(*) AS number FROM ${table} ${where} GROUP BY state`,
        parameters,
      )
      const numbers = new Map(rows.map((row) => [row['state'], Number(row['number'])]))
      const numberOf = (state: QuarantineState) => numbers.get(state) ?? 0
      return {
        open: numberOf('open'),
        approved: numberOf('approved'),
        rejected: numberOf('rejected'),
        superseded: numberOf('superseded'),
      }
    },

    async approve(id, { signer, ...approval }) {
      const entry = requireFound(id, await find(query, id))
      if (entry.status.state !== 'open') throw conflict(entry)
      const now = clock.now()
      const { text, digest, expires } = grantWaivers(entry.record, approval, now)
      const content = { payloadType: waiversPayloadType, payload: Buffer.from(text, 'utf8') }
      const envelope = await signEnvelope(content, signer)
      const status: Decided = {
        state: 'approved',
        approver: approval.approver.trim(),
        reason: approval.reason.trim(),
        at: now.toISOString(),
        expires,
        scope: approval.scope ?? 'digest',
        waivers: digest,
      }
      // Signing may take long; whoever decided meanwhile was first.
      return await decide(id, ['open'], status, async (query) => {
        await query(
          `INSERT INTO ${envelopes} (id, expires, envelope) VALUES ($1, $2, $3)
           ON CONFLICT (id) DO UPDATE SET expires = excluded.expires, envelope = excluded.envelope`,
          [id, expires, envelope],
        )
      })
    },

    async reject(id, { by, reason, ifState }) {
      if (by.trim() === '' || reason.trim() === '')
        throw new GateError('OPTIONS_INVALID', `rejection of ${id}: name who rejects it, and why`)
      const from = rejectable.filter((state) => ifState === undefined || state === ifState)
      if (from.length === 0)
        throw new GateError('OPTIONS_INVALID', `rejection of ${id}: ifState is "open" or "approved"`)
      const at = clock.now().toISOString()
      return await decide(id, from, {
        state: 'rejected',
        by: by.trim(),
        reason: reason.trim(),
        at,
      })
    },

    async supersede({ source, destination, tier, sourceDigest, resolvedAt }) {
      const before = readInstant(resolvedAt, 'resolvedAt')
      const at = clock.now().toISOString()
      const events = await database.transaction((query) =>
        change(
          query,
          { state: 'superseded', sourceDigest, cause: 'promoted', at },
          `state = 'open' AND source = $3 AND destination = $4 AND tier = $5 AND quarantined_at <= $6`,
          [source, destination, tier, before],
        ),
      )
      await notify(events, options)
      return events.length
    },

    async approvedWaivers({ keys, now }) {
      const rows = await query(
        `SELECT quarantine.id, envelope FROM ${table} AS quarantine
         JOIN ${envelopes} AS kept ON kept.id = quarantine.id
         WHERE state = 'approved' AND expires > $1 ORDER BY quarantine.id`,
        [now.toISOString()],
      )
      const approvals = rows.map((row) => ({ id: String(row['id']), envelope: String(row['envelope']) }))
      return verifyApprovals(approvals, { keys, now })
    },

    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

function requireFound(id: string, entry: QuarantineEntry | undefined): QuarantineEntry {
  if (entry) return entry
  throw new GateError(
    'QUARANTINE_UNKNOWN',
    `there is no quarantine record ${JSON.stringify(id.slice(0, 80))}: take its id from the list`,
  )
}

function conflict({ record: { id }, status }: QuarantineEntry): GateError {
  return new GateError('QUARANTINE_CONFLICT', `${id} can't be decided any more: ${describeStatus(status)}`)
}

function describeStatus(status: QuarantineStatus): string {
  switch (status.state) {
    case 'open':
      return 'it was opened again meanwhile; try again'
    case 'approved':
      return `${status.approver} approved it until ${status.expires}`
    case 'rejected':
      return `${status.by} rejected it: ${status.reason}`
    case 'superseded':
      return `${status.sourceDigest} has taken its place: look at that one`
  }
}
