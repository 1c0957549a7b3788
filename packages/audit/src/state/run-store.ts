import type { Database } from '@sallyport/gate/database'
import { AuditError } from '../errors.ts'

/** How far an audit is with a repository. */
export type RepositoryState = 'pending' | 'listing' | 'listed' | 'done' | 'failed' | 'skipped'

/** An audit that is under way. */
export interface AuditRun {
  readonly id: string
  /** Requests of earlier runs of it. */
  readonly requests: number
  /** Whether an earlier run began it. */
  readonly isResumed: boolean
  /** Whether all repositories are known. */
  readonly isListed: boolean
}

/** What names an audit: only the same can be gone on with. */
export interface RunScope {
  readonly registry: string
  readonly listing: string
  readonly filters: string
}

/**
 * The audit to go on with: the one of the registry that began last, as clocks may be set back, when it is unfinished, of
 * the same scope and not too old; otherwise a new one. The work in hand of others is dropped: nobody goes on with it.
 */
export async function openRun(
  { query, transaction }: Database,
  scope: RunScope,
  { now, resumeMaxAgeMs }: { readonly now: Date; readonly resumeMaxAgeMs: number },
): Promise<AuditRun> {
  const { registry, listing, filters } = scope
  const [latest] = await query('SELECT * FROM audit_run WHERE registry = $1 ORDER BY rowid DESC LIMIT 1', [
    registry,
  ])
  if (
    latest !== undefined &&
    latest['finished_at'] === null &&
    latest['listing'] === listing &&
    latest['scope'] === filters &&
    now.getTime() - Date.parse(String(latest['started_at'])) <= resumeMaxAgeMs
  ) {
    return {
      id: String(latest['id']),
      requests: Number(latest['requests']),
      isResumed: true,
      isListed: latest['listed'] === 1,
    }
  }
  const startedAt = now.toISOString()
  const id = await transaction(async (run) => {
    const [row] = await run(`SELECT COUNT(*) AS count FROM audit_run WHERE id = $1 OR id LIKE $1 || '-%'`, [
      startedAt,
    ])
    const count = Number(row?.['count'])
    const name = count === 0 ? startedAt : `${startedAt}-${count + 1}`
    for (const table of ['audit_tag', 'audit_node', 'audit_edge']) {
      await run(`DELETE FROM ${table} WHERE audit IN (SELECT id FROM audit_run WHERE registry = $1)`, [
        registry,
      ])
    }
    await run(
      'INSERT INTO audit_run (id, registry, listing, scope, started_at) VALUES ($1, $2, $3, $4, $5)',
      [name, registry, listing, filters, startedAt],
    )
    return name
  })
  return { id, requests: 0, isResumed: false, isListed: false }
}

/**
 * Makes sure that no later audit of the registry has begun: it has dropped the work in hand, and what is left of it would
 * look like an empty repository.
 *
 * @throws {AuditError} `AUDIT_SUPERSEDED`.
 */
export async function checkIsLatest(
  { query }: Database,
  { id, registry }: { readonly id: string; readonly registry: string },
): Promise<void> {
  const [latest] = await query('SELECT id FROM audit_run WHERE registry = $1 ORDER BY rowid DESC LIMIT 1', [
    registry,
  ])
  if (latest?.['id'] === id) return
  throw new AuditError(
    'AUDIT_SUPERSEDED',
    `${registry}: audit ${id} ends here, since another one began with the same state: run one at a time`,
    { subject: registry },
  )
}

/** Repositories in some states, page by page; their states may change meanwhile. */
export async function* repositoriesIn(
  { query }: Database,
  audit: string,
  states: readonly RepositoryState[],
): AsyncGenerator<{
  readonly repository: string
  readonly state: RepositoryState
  readonly terms: string | undefined
}> {
  const pageSize = 500
  const list = states.map((state) => `'${state}'`).join(', ')
  for (let last = ''; ;) {
    const page = await query(
      `SELECT repository, state, terms FROM audit_repository
       WHERE audit = $1 AND state IN (${list}) AND repository > $2 ORDER BY repository LIMIT ${pageSize}`,
      [audit, last],
    )
    for (const row of page) {
      yield {
        repository: String(row['repository']),
        state: row['state'] as RepositoryState,
        terms: (row['terms'] as string | null) ?? undefined,
      }
    }
    const end = page.at(-1)
    if (end === undefined || page.length < pageSize) return
    last = String(end['repository'])
  }
}
