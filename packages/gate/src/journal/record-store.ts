import type { PreviousScan } from '@sallyport/policy'
import type { Database } from '../database/database.ts'
import { queryPage } from '../database/query-page.ts'
import { readInstant } from '../database/read-instant.ts'
import { GateError } from '../errors.ts'
import type { Journal } from '../ports/journal.ts'
import type { ReleaseRecord } from '../record/release-record.ts'
import { readJson } from './read-json.ts'

/** Release records and the last scan of each digest. */
export function recordStore({
  query,
  dialect,
}: Database): Pick<Journal, 'saveRecord' | 'findRecord' | 'listRecords' | 'saveScan' | 'previousScan'> {
  const table = dialect.table('release_record')
  const scan = dialect.table('scan')
  const toRecord = (row: { readonly [column: string]: unknown }): ReleaseRecord =>
    readJson(row['document'], `release record ${String(row['key'])}`)

  return {
    async saveRecord(record, attempt) {
      const { key, target, tier, release, finishedAt } = record
      const [row] = await query(
        `INSERT INTO ${table} (key, attempt, destination, digest, tier, release, finished_at, document)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (key, attempt) DO NOTHING RETURNING key`,
        [
          key,
          attempt,
          target.name,
          target.digest,
          tier,
          release ?? null,
          readInstant(finishedAt, 'finishedAt'),
          JSON.stringify(record),
        ],
      )
      if (row) return record
      const [kept] = await query(`SELECT key, document FROM ${table} WHERE key = $1 AND attempt = $2`, [
        key,
        attempt,
      ])
      if (!kept) throw new GateError('JOURNAL_CORRUPT', `release record ${key} was removed while it was kept`)
      return toRecord(kept)
    },
    async findRecord(key) {
      const [row] = await query(
        `SELECT key, document FROM ${table} WHERE key = $1 ORDER BY attempt DESC LIMIT 1`,
        [key],
      )
      return row && toRecord(row)
    },
    async listRecords({ destination, digest, tier, release, since, ...page } = {}) {
      return await queryPage(query, {
        columns: 'key, attempt, finished_at, document',
        table,
        conditions: [
          ['destination = ?', destination],
          ['digest = ?', digest],
          ['tier = ?', tier],
          ['release = ?', release],
          ['finished_at >= ?', since && readInstant(since, 'since')],
        ],
        order: ['finished_at', 'key', 'attempt'],
        toItem: toRecord,
        ...page,
      })
    },
    async saveScan(digest, previous) {
      const { evaluatedAt, packages, findings } = previous
      const kept: PreviousScan = {
        evaluatedAt: readInstant(evaluatedAt, 'evaluatedAt'),
        packages,
        findings: findings.map(({ id, purl }) => ({ id, purl })),
      }
      await query(
        `INSERT INTO ${scan} AS scan (digest, evaluated_at, document) VALUES ($1, $2, $3)
         ON CONFLICT (digest) DO UPDATE SET evaluated_at = excluded.evaluated_at, document = excluded.document
         WHERE scan.evaluated_at <= excluded.evaluated_at`,
        [digest, kept.evaluatedAt, JSON.stringify(kept)],
      )
    },
    async previousScan(digest) {
      const [row] = await query(`SELECT document FROM ${scan} WHERE digest = $1`, [digest])
      return row && readJson(row['document'], `the last scan of ${digest}`)
    },
  }
}
