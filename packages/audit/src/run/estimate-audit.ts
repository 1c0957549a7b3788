import { isSallyportError } from '@sallyport/core'
import type { ResolvedOptions } from './audit-options.ts'
import { createBudget } from './budget.ts'
import { namesOf } from './list-repositories.ts'

/** What an audit would take. It is a guess: images that were never seen may have much evidence or none. */
export interface AuditEstimate {
  /** Repositories that would be audited. */
  readonly repositories: number
  /** Repositories that the filter leaves out. */
  readonly skipped: number
  /** Tags in them. */
  readonly tags: number
  /** How the tags were counted: in an earlier audit, or in some of the repositories. */
  readonly countedBy: 'earlier-audit' | 'sample'
  /** Manifests whose evidence was read lately enough to be used again, under the same terms. */
  readonly reusable: number
  /** HTTP requests. */
  readonly requests: number
  /** Milliseconds, as fast as the registry was in an earlier audit or in the sample. */
  readonly durationMs: number
  /** HTTP requests that the estimate took. */
  readonly spent: number
}

const sampleSize = 16
const maxSampledTags = 500
/** A list of referrers, and some evidence; the manifest is read where its tag is listed. */
const requestsPerImage = 3
const defaultRequestsPerSecond = 100
/** Of the distribution API, which names the tags that a listing of another kind leaves out. */
const tagsOnPage = 1000

/** Estimates what an audit would take. */
export async function estimateAudit(options: ResolvedOptions): Promise<AuditEstimate> {
  const { listing, state, filters, clock, signal, evidenceMaxAgeMs, requests, maxRequests } = options
  const { registry } = listing
  const budget = createBudget(requests, maxRequests, registry)
  let sample: string[] = []
  let repositories = 0
  let skipped = 0
  let step = 1
  for await (const name of namesOf(listing, signal)) {
    if (!filters.hasRepository(name)) {
      skipped++
      continue
    }
    if (repositories++ % step === 0) sample.push(name)
    if (sample.length > sampleSize) {
      sample = sample.filter((_, index) => index % 2 === 0)
      step *= 2
    }
  }
  const [earlier] = (await state.archive.audits()).filter(
    (audit) =>
      audit.registry === registry && audit.finishedAt !== undefined && audit.repositories.audited > 0,
  )
  const since = new Date(clock.now().getTime() - evidenceMaxAgeMs).toISOString()
  const [row] = await state.database.query(
    'SELECT COUNT(*) AS count FROM audit_place WHERE registry = $1 AND basis IS NOT NULL AND examined_at > $2',
    [registry, since],
  )
  let counted: { readonly tagsPerRepository: number; readonly perSecond: number }
  if (earlier === undefined) {
    counted = await countTags(options, sample, budget)
  } else {
    const seconds = (Date.parse(earlier.finishedAt!) - Date.parse(earlier.startedAt)) / 1000
    counted = {
      tagsPerRepository: earlier.tags / earlier.repositories.audited,
      perSecond: seconds > 0 && earlier.requests > 0 ? earlier.requests / seconds : defaultRequestsPerSecond,
    }
  }
  const tags = Math.round(counted.tagsPerRepository * repositories)
  const reusable = Number(row?.['count'])
  const total =
    listing.estimateRequests({ repositories, tags }) +
    (listing.listsEveryTag === true ? 0 : repositories + Math.floor(tags / tagsOnPage)) +
    Math.max(0, tags - reusable) * requestsPerImage
  return {
    repositories,
    skipped,
    tags,
    countedBy: earlier === undefined ? 'sample' : 'earlier-audit',
    reusable,
    requests: total,
    durationMs: Math.round((total / counted.perSecond) * 1000),
    spent: budget.used(),
  }
}

/** Tags of some repositories, and how fast the registry tells them. */
async function countTags(
  { listing, clock, signal }: ResolvedOptions,
  sample: readonly string[],
  budget: ReturnType<typeof createBudget>,
): Promise<{ readonly tagsPerRepository: number; readonly perSecond: number }> {
  const before = budget.used()
  const startedAt = clock.now().getTime()
  let tags = 0
  let listed = 0
  for (const repository of sample) {
    budget.check()
    let count = 0
    try {
      for await (const item of listing.listManifests(repository, { signal })) {
        count += 'digest' in item ? Math.max(1, item.tags.length) : 1
        if (count >= maxSampledTags) break
      }
    } catch (cause) {
      signal?.throwIfAborted()
      if (!isSallyportError(cause)) throw cause
      // An audit says of it that it can't be listed; it takes next to no requests.
    }
    tags += count
    listed++
  }
  const seconds = (clock.now().getTime() - startedAt) / 1000
  const spent = budget.used() - before
  return {
    tagsPerRepository: listed === 0 ? 0 : tags / listed,
    perSecond: seconds > 0 && spent > 0 ? spent / seconds : defaultRequestsPerSecond,
  }
}
