import { digestOf } from '@sallyport/core'
import { type Database, readJson, type Row, type SqlValue } from '@sallyport/gate/database'
import type { AuditClass, ManifestRole } from '../audit-class.ts'
import type { AuditSummary } from '../audit-report.ts'
import { AuditError } from '../errors.ts'
import type { AuditArchive } from '../ports/audit-state.ts'
import type { AuditFilters } from '../run/audit-filters.ts'
import { toRecord } from './record-row.ts'

const pageSize = 200

/** Reads the audits of a database. */
export function createArchive(database: Database): AuditArchive {
  const find = async (id: string): Promise<AuditSummary | undefined> => {
    const [row] = await database.query('SELECT * FROM audit_run WHERE id = $1', [id])
    return row && summarize(database, row)
  }
  return {
    find,
    async audits() {
      const rows = await database.query('SELECT * FROM audit_run ORDER BY started_at DESC, id DESC')
      const audits: AuditSummary[] = []
      for (const row of rows) audits.push(await summarize(database, row))
      return audits
    },
    async *records(id, { repository, class: auditClass, role } = {}) {
      const [run] = await database.query('SELECT registry FROM audit_run WHERE id = $1', [id])
      if (run === undefined)
        throw new AuditError('AUDIT_UNKNOWN', `there is no audit ${JSON.stringify(id.slice(0, 100))}`)
      const conditions: string[] = []
      const values: SqlValue[] = [id]
      const where = (condition: string, value: string | undefined): void => {
        if (value !== undefined) conditions.push(`AND ${condition} = $${values.push(value)}`)
      }
      where('r.repository', repository)
      where('r.class', auditClass)
      where('r.role', role)
      const at = values.length
      let last: readonly SqlValue[] = ['', '', '']
      for (;;) {
        const page = await database.query(
          `SELECT r.repository, r.digest, r.tag, r.role, r.class, r.fields, c.shape, d.body
           FROM audit_record r LEFT JOIN audit_content c ON c.digest = r.digest
             LEFT JOIN audit_document d ON d.id = r.document
           WHERE r.audit = $1 ${conditions.join(' ')}
             AND (r.repository, r.digest, r.tag) > ($${at + 1}, $${at + 2}, $${at + 3})
           ORDER BY r.repository, r.digest, r.tag LIMIT ${pageSize}`,
          [...values, ...last],
        )
        for (const row of page) yield toRecord(row, String(run['registry']))
        const end = page.at(-1)
        if (end === undefined || page.length < pageSize) return
        last = [end['repository'], end['digest'], end['tag']] as readonly SqlValue[]
      }
    },
  }
}

async function summarize(database: Database, run: Row): Promise<AuditSummary> {
  const id = String(run['id'])
  const counts = async (sql: string): Promise<ReadonlyMap<string, number>> => {
    const rows = await database.query(sql, [id])
    return new Map(rows.map((row) => [String(row['name']), Number(row['count'])]))
  }
  const states = await counts(
    'SELECT state AS name, COUNT(*) AS count FROM audit_repository WHERE audit = $1 GROUP BY state',
  )
  const roles = await counts(
    'SELECT role AS name, COUNT(*) AS count FROM audit_record WHERE audit = $1 GROUP BY role ORDER BY role',
  )
  const classes = await counts(
    `SELECT class AS name, COUNT(*) AS count FROM audit_record
     WHERE audit = $1 AND class IS NOT NULL GROUP BY class ORDER BY class`,
  )
  const [sums] = await database.query(
    `SELECT COUNT(*) AS manifests, COALESCE(SUM(tag_count), 0) AS tags, COUNT(anew) AS judged,
       COALESCE(SUM(anew), 0) AS examined
     FROM audit_record WHERE audit = $1`,
    [id],
  )
  const failures = await database.query(
    `SELECT repository, code, message FROM audit_repository WHERE audit = $1 AND state = 'failed' ORDER BY repository`,
    [id],
  )
  const finishedAt = run['finished_at'] as string | null
  const scope = String(run['scope'])
  const [, filters] = readJson<readonly [unknown, AuditFilters]>(scope, `the filters of audit ${id}`)
  return {
    schema: 'https://sallyport.dev/schemas/audit/v1',
    id,
    registry: String(run['registry']),
    listing: String(run['listing']),
    scope: digestOf(scope),
    ...(Object.keys(filters).length > 0 && { filters }),
    startedAt: String(run['started_at']),
    ...(finishedAt !== null && { finishedAt }),
    repositories: {
      audited: states.get('done') ?? 0,
      skipped: states.get('skipped') ?? 0,
      failed: failures.length,
      failures: failures.map((row) => ({
        repository: String(row['repository']),
        code: String(row['code']),
        message: String(row['message']),
      })),
    },
    tags: Number(sums?.['tags']),
    manifests: Number(sums?.['manifests']),
    roles: Object.fromEntries(roles) as Partial<Record<ManifestRole, number>>,
    classes: Object.fromEntries(classes) as Partial<Record<AuditClass, number>>,
    examined: Number(sums?.['examined']),
    reused: Number(sums?.['judged']) - Number(sums?.['examined']),
    requests: Number(run['requests']),
  }
}
