import { isSallyportError } from '@sallyport/core'
import type { AuditSummary } from '../audit-report.ts'
import { AuditError } from '../errors.ts'
import { openRepositoryWork } from '../state/repository-work.ts'
import { type AuditRun, openRun, repositoriesIn } from '../state/run-store.ts'
import type { ResolvedOptions } from './audit-options.ts'
import { auditRepository, type RepositoryTask } from './audit-repository.ts'
import { createBudget } from './budget.ts'
import { listRepositories } from './list-repositories.ts'
import { createSlots } from './slots.ts'
import { createTermsKeys } from './terms-key.ts'

const maxRepositories = 8

/** Runs an audit to its end, or goes on with one that was interrupted. */
export async function runAudit(options: ResolvedOptions): Promise<AuditSummary> {
  const { listing, state, clock, signal, onProgress, requests, maxRequests } = options
  const { registry } = listing
  const { database } = state
  signal?.throwIfAborted()
  const budget = createBudget(requests, maxRequests, registry)
  const run = await openRun(
    database,
    { registry, listing: listing.name, filters: options.filtersText },
    { now: clock.now(), resumeMaxAgeMs: options.resumeMaxAgeMs },
  )
  onProgress({ type: run.isResumed ? 'audit-resumed' : 'audit-started', audit: run.id })
  const keysOf = createTermsKeys(run.id, signal)
  try {
    if (run.isResumed) await reopen(run, options, keysOf)
    if (!run.isListed) await listRepositories(run.id, options, budget)
    await auditAll(run, { options, audit: run.id, budget, keysOf, slots: createSlots(options.concurrency) })
    await database.query('UPDATE audit_run SET finished_at = $2 WHERE id = $1', [
      run.id,
      clock.now().toISOString(),
    ])
  } finally {
    const total = run.requests + budget.used()
    await database.query('UPDATE audit_run SET requests = $2 WHERE id = $1', [run.id, total])
  }
  return (await state.archive.find(run.id))!
}

/** Takes up again what failed, and what was judged by other terms than those of today. */
async function reopen(
  { id }: AuditRun,
  { state, termsOf, listing }: ResolvedOptions,
  keysOf: RepositoryTask['keysOf'],
): Promise<void> {
  const { database } = state
  for await (const { repository, state: at, terms } of repositoriesIn(database, id, [
    'listed',
    'done',
    'skipped',
    'failed',
  ])) {
    if (at === 'skipped' && terms === undefined) continue
    if (at !== 'failed' && terms === (await keysOf(termsOf(repository))).terms) continue
    const work = openRepositoryWork(database, { audit: id, registry: listing.registry, repository })
    await work.commit([
      ...(at === 'failed' ? [] : ['audit_tag', 'audit_node', 'audit_edge', 'audit_record']).map((table) =>
        work.write(`DELETE FROM ${table} WHERE audit = $1 AND repository = $2`),
      ),
      work.write(
        `UPDATE audit_repository SET state = 'pending', code = NULL, message = NULL WHERE audit = $1 AND repository = $2`,
      ),
    ])
  }
}

/** Audits repositories side by side. */
async function auditAll(run: AuditRun, task: RepositoryTask): Promise<void> {
  const { state, signal, concurrency } = task.options
  const names = repositoriesIn(state.database, run.id, ['pending', 'listing', 'listed'])
  const failed = new AbortController()
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  let failure: { readonly error: unknown } | undefined
  const worker = async (): Promise<void> => {
    try {
      for (;;) {
        if (failure !== undefined) return
        const next = await names.next()
        if (next.done) return
        stop.throwIfAborted()
        await auditRepository(next.value.repository, next.value.state, task, stop)
        const total = run.requests + task.budget.used()
        await state.database.query('UPDATE audit_run SET requests = $2 WHERE id = $1', [run.id, total])
      }
    } catch (error) {
      failure ??= { error }
      // With the budget used up, what has begun still comes to its end, or nothing might ever.
      if (!isBudget(error)) failed.abort(error)
    }
  }
  await Promise.all(Array.from({ length: Math.min(maxRepositories, concurrency) }, worker))
  signal?.throwIfAborted()
  if (failure !== undefined) throw (failure as { readonly error: unknown }).error
}

function isBudget(error: unknown): boolean {
  return isSallyportError(error) && error instanceof AuditError && error.code === 'BUDGET_EXCEEDED'
}
