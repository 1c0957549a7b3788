import { isSallyportError } from '@sallyport/core'
import { AuditError } from '../errors.ts'
import type { ResolvedOptions } from './audit-options.ts'
import type { Budget } from './budget.ts'

const batchSize = 500

/** Keeps the names of all repositories, so that the audit can go on without listing them again. */
export async function listRepositories(
  audit: string,
  { listing, state, filters, signal, onProgress }: ResolvedOptions,
  budget: Budget,
): Promise<void> {
  const { database } = state
  let batch: string[] = []
  const keep = async (): Promise<void> => {
    const names = batch
    batch = []
    await database.transaction(async (query) => {
      for (const name of names) {
        await query('INSERT OR IGNORE INTO audit_repository (audit, repository, state) VALUES ($1, $2, $3)', [
          audit,
          name,
          filters.hasRepository(name) ? 'pending' : 'skipped',
        ])
      }
    })
  }
  budget.check()
  for await (const name of namesOf(listing, signal)) {
    if (batch.push(name) < batchSize) continue
    await keep()
    budget.check()
  }
  await keep()
  await database.query('UPDATE audit_run SET listed = 1 WHERE id = $1', [audit])
  const rows = await database.query(
    'SELECT state, COUNT(*) AS count FROM audit_repository WHERE audit = $1 GROUP BY state',
    [audit],
  )
  const total = rows.reduce((sum, row) => sum + Number(row['count']), 0)
  const skipped = Number(rows.find((row) => row['state'] === 'skipped')?.['count'] ?? 0)
  onProgress({ type: 'repositories-listed', repositories: total, skipped })
}

/** Names of repositories; whatever goes wrong is said of the registry. */
export async function* namesOf(
  listing: ResolvedOptions['listing'],
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  try {
    for await (const name of listing.listRepositories({ signal })) {
      signal?.throwIfAborted()
      yield name
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof AuditError) throw cause
    const { registry } = listing
    throw new AuditError(
      'LISTING_FAILED',
      `${registry}: its repositories can't be listed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, subject: registry, retryable: isSallyportError(cause) && cause.retryable },
    )
  }
}
