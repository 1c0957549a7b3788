import { isSallyportError } from '@sallyport/core'
import { openRepositoryWork, type RepositoryWork } from '../state/repository-work.ts'
import { checkIsLatest, type RepositoryState } from '../state/run-store.ts'
import type { ResolvedOptions } from './audit-options.ts'
import { AuditError } from '../errors.ts'
import type { Budget } from './budget.ts'
import { decideLists } from './decide-lists.ts'
import { examineImages } from './examine-images.ts'
import { examineOthers } from './examine-others.ts'
import { listRepository } from './list-repository.ts'
import { readShapes } from './read-shapes.ts'
import type { RepositoryVisit } from './repository-visit.ts'
import type { Slots } from './slots.ts'
import type { createTermsKeys } from './terms-key.ts'
import { type WatchedRepository, watchRepository } from './watch-repository.ts'
import { writeRecords } from './write-records.ts'

/** What all repositories of a run share. */
export interface RepositoryTask {
  readonly options: ResolvedOptions
  readonly audit: string
  readonly budget: Budget
  readonly slots: Slots
  readonly keysOf: ReturnType<typeof createTermsKeys>
}

/** Audits one repository, from where it stands. One that can't be listed is noted as failed. */
export async function auditRepository(
  repository: string,
  state: RepositoryState,
  task: RepositoryTask,
  signal: AbortSignal,
): Promise<void> {
  const { options, audit, budget, slots } = task
  const { listing, clock, evidenceMaxAgeMs } = options
  const { registry } = listing
  const work = openRepositoryWork(options.state.database, { audit, registry, repository })
  const terms = options.termsOf(repository)
  const key = await task.keysOf(terms)
  if (terms === undefined) return work.commit([setState(work, 'skipped', key.terms)])

  const watched = await tryList(work, { state, key: key.terms, task, signal })
  if (watched === undefined) return
  const visit: RepositoryVisit = {
    work,
    repository: watched,
    terms,
    termsKey: key.full,
    classifier: options.classifier,
    budget,
    slots,
    clock,
    signal,
    isFresh(foundIn, at) {
      const ageMs = clock.now().getTime() - Date.parse(at)
      return foundIn === audit || (ageMs >= 0 && ageMs < evidenceMaxAgeMs)
    },
  }
  for (;;) {
    await readShapes(visit)
    if (await decideLists(visit)) continue
    if (await examineImages(visit)) continue
    if (!(await examineOthers(visit))) break
  }
  await writeRecords(work, () => clock.now())
  await checkIsLatest(options.state.database, { id: audit, registry })
  await work.commit([
    ...['audit_tag', 'audit_node', 'audit_edge'].map((table) =>
      work.write(`DELETE FROM ${table} WHERE audit = $1 AND repository = $2`),
    ),
    setState(work, 'done', key.terms),
  ])
  await tellProgress(repository, task)
}

/** The repository once it is listed; `undefined` when it can't be. */
async function tryList(
  work: RepositoryWork,
  {
    state,
    key,
    task,
    signal,
  }: {
    readonly state: RepositoryState
    readonly key: string
    readonly task: RepositoryTask
    readonly signal: AbortSignal
  },
): Promise<WatchedRepository | undefined> {
  const { options, budget } = task
  const { listing, filters, client, clock, onProgress } = options
  const { registry, repository } = work
  try {
    const place = client.repository({ registry, repository })
    const watched = watchRepository(place, work, () => clock.now())
    if (state === 'listed') return watched
    await listRepository(work, { listing, filters, place, repository: watched, budget, signal })
    await work.commit([setState(work, 'listed', key)])
    return watched
  } catch (cause) {
    signal.throwIfAborted()
    const isOurs = cause instanceof AuditError && cause.code === 'BUDGET_EXCEEDED'
    if (isOurs || !isSallyportError(cause) || cause.name === 'GateError') throw cause
    await work.commit([
      work.write(
        `UPDATE audit_repository SET state = 'failed', code = $3, message = $4 WHERE audit = $1 AND repository = $2`,
        [cause.code, cause.message],
      ),
    ])
    onProgress({ type: 'repository-failed', repository, code: cause.code, message: cause.message })
    return undefined
  }
}

function setState(
  work: RepositoryWork,
  state: RepositoryState,
  terms: string,
): ReturnType<RepositoryWork['write']> {
  return work.write(
    'UPDATE audit_repository SET state = $3, terms = $4 WHERE audit = $1 AND repository = $2',
    [state, terms],
  )
}

async function tellProgress(repository: string, { options, audit, budget }: RepositoryTask): Promise<void> {
  const [row] = await options.state.database.query(
    `SELECT COUNT(*) AS count FROM audit_repository WHERE audit = $1 AND state = 'done'`,
    [audit],
  )
  options.onProgress({
    type: 'repository-audited',
    repository,
    audited: Number(row?.['count']),
    requests: budget.used(),
  })
}
