import { type Digest, parseDigest, type Verdict } from '@sallyport/core'
import type { Database, Row } from '../database/database.ts'
import { queryPage } from '../database/query-page.ts'
import { readInstant } from '../database/read-instant.ts'
import { GateError } from '../errors.ts'
import type { Cancellation, Journal, PromotionRecord } from '../ports/journal.ts'
import type { Leases } from '../ports/leases.ts'
import { firstSeenStore } from './first-seen-store.ts'
import { recordStore } from './record-store.ts'
import { stepStore } from './step-store.ts'

/** A journal on a database whose tables are those of `journalSchema`; it is closed with the journal. */
export function createJournal(database: Database, leases: Leases & AsyncDisposable): Journal {
  const { query, dialect } = database
  const promotion = dialect.table('promotion')

  return {
    leases,
    ...stepStore(database),
    ...recordStore(database),
    ...firstSeenStore(database),

    async begin({ key, source, sourceDigest, destination, tier, policyDigest, ...start }) {
      const startedAt = readInstant(start.startedAt, 'startedAt')
      const since = start.resumeSince === undefined ? '' : readInstant(start.resumeSince, 'resumeSince')
      // One statement, so that of two that begin at once the second one goes on with the attempt of the first.
      const goesOn = `promotion.finished_at IS NULL AND promotion.last_started_at >= $9`
      const unless = (column: string, otherwise: string): string =>
        `${column} = CASE WHEN ${goesOn} THEN promotion.${column} ELSE ${otherwise} END`
      const [row] = await query(
        `INSERT INTO ${promotion} AS promotion
           (key, source, source_digest, destination, tier, policy_digest, started_at, last_started_at, previous_digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
         ON CONFLICT (key) DO UPDATE SET
           source = excluded.source,
           resumes = CASE WHEN ${goesOn} THEN promotion.resumes + 1 ELSE 0 END,
           ${unless('attempt', 'promotion.attempt + 1')},
           ${unless('last_started_at', 'excluded.last_started_at')},
           ${unless(
             'previous_digest',
             // After a promotion the tag is where it should be; what it was before is more useful.
             `CASE WHEN excluded.previous_digest = promotion.target_digest THEN promotion.previous_digest
                   ELSE coalesce(excluded.previous_digest, promotion.previous_digest) END`,
           )},
           ${unless('verdict', 'NULL')},
           ${unless('cancelled_by', 'NULL')},
           ${unless('cancel_reason', 'NULL')},
           ${unless('cancelled_at', 'NULL')},
           finished_at = NULL
         RETURNING attempt, resumes, last_started_at`,
        [
          key,
          source,
          sourceDigest,
          destination,
          tier,
          policyDigest,
          startedAt,
          start.previousDigest ?? null,
          since,
        ],
      )
      if (!row) throw new GateError('JOURNAL_CORRUPT', `${database.name}: the promotion was not kept`)
      return {
        attempt: Number(row['attempt']),
        startedAt: String(row['last_started_at']),
        resumed: Number(row['resumes']) > 0,
      }
    },

    async finish(key, { finishedAt, verdict, targetDigest, attempt }) {
      await query(
        `UPDATE ${promotion} SET finished_at = $1, verdict = $2, target_digest = coalesce($3, target_digest)
         WHERE key = $4 AND attempt = coalesce($5, attempt)`,
        [readInstant(finishedAt, 'finishedAt'), verdict, targetDigest ?? null, key, attempt ?? null],
      )
    },

    async find(key) {
      const [row] = await query(`SELECT * FROM ${promotion} WHERE key = $1`, [key])
      return row && toPromotion(row)
    },

    async list({ destination, source, tier, verdict, state, since, ...page } = {}) {
      return await queryPage(query, {
        columns: '*',
        table: promotion,
        conditions: [
          ['destination = ?', destination],
          ['source = ?', source],
          ['tier = ?', tier],
          ['verdict = ?', verdict],
          ['CASE WHEN finished_at IS NULL THEN 1 ELSE 0 END = ?', state && (state === 'unfinished' ? 1 : 0)],
          ['last_started_at >= ?', since && readInstant(since, 'since')],
        ],
        order: ['last_started_at', 'key'],
        toItem: toPromotion,
        ...page,
      })
    },

    async requestCancellation(key, { actor, reason, at }) {
      const rows = await query(
        `UPDATE ${promotion} SET
           cancelled_by = coalesce(cancelled_by, $2), cancel_reason = coalesce(cancel_reason, $3),
           cancelled_at = coalesce(cancelled_at, $4)
         WHERE key = $1 AND finished_at IS NULL RETURNING key`,
        [key, actor, reason, readInstant(at, 'at')],
      )
      return rows.length > 0
    },

    async cancellation(key): Promise<Cancellation | undefined> {
      const [row] = await query(
        `SELECT cancelled_by, cancel_reason, cancelled_at FROM ${promotion}
         WHERE key = $1 AND cancelled_at IS NOT NULL`,
        [key],
      )
      return (
        row && {
          actor: String(row['cancelled_by']),
          reason: String(row['cancel_reason']),
          at: String(row['cancelled_at']),
        }
      )
    },

    async prune({ before }) {
      const instant = readInstant(before, 'before')
      const ended = `(SELECT key FROM ${promotion} WHERE finished_at < $1)`
      return await database.transaction(async (query) => {
        const remove = async (table: string, condition: string): Promise<number> =>
          (await query(`DELETE FROM ${dialect.table(table)} WHERE ${condition} RETURNING 1`, [instant]))
            .length
        return {
          steps: await remove('step', `key IN ${ended}`),
          evidence: await remove('evidence', `key IN ${ended}`),
          scans: await remove('scan', 'evaluated_at < $1'),
        }
      })
    },

    async [Symbol.asyncDispose]() {
      await leases[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

function toPromotion(row: Row): PromotionRecord {
  const text = (column: string): string | undefined =>
    row[column] === null ? undefined : String(row[column])
  const digest = (column: string): Digest | undefined => {
    const value = text(column)
    return value === undefined ? undefined : parseDigest(value)
  }
  return {
    key: parseDigest(String(row['key'])),
    source: String(row['source']),
    sourceDigest: parseDigest(String(row['source_digest'])),
    destination: String(row['destination']),
    tier: String(row['tier']),
    policyDigest: parseDigest(String(row['policy_digest'])),
    startedAt: String(row['started_at']),
    lastStartedAt: String(row['last_started_at']),
    attempt: Number(row['attempt']),
    finishedAt: text('finished_at'),
    verdict: text('verdict') as Verdict | undefined,
    targetDigest: digest('target_digest'),
    previousDigest: digest('previous_digest'),
  }
}
