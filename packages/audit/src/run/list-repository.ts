import { isDigest } from '@sallyport/core'
import type { RegistryRepository } from '@sallyport/oci'
import type { ListedManifest, RegistryListing, UnlistedTag } from '../ports/registry-listing.ts'
import type { RepositoryWork, Write } from '../state/repository-work.ts'
import { parseEvidenceTag } from '../walk/evidence-tag.ts'
import { listTags } from '../walk/list-tags.ts'
import type { CompiledFilters } from './audit-filters.ts'
import type { Budget } from './budget.ts'
import type { WatchedRepository } from './watch-repository.ts'

const batchSize = 100

/**
 * Lists a repository into the state; what was listed before an interruption is not asked for again. Then each tag is known.
 */
export async function listRepository(
  work: RepositoryWork,
  {
    listing,
    filters,
    place,
    repository,
    budget,
    signal,
  }: {
    readonly listing: RegistryListing
    /** Lists the tags that the listing leaves out. */
    readonly place: RegistryRepository
    /** Is given what the listing has read. */
    readonly repository: WatchedRepository
    readonly filters: CompiledFilters
    readonly budget: Budget
    readonly signal: AbortSignal
  },
): Promise<void> {
  const tagsWhere = async (condition: string): Promise<ReadonlySet<string>> => {
    const rows = await work.rows(
      `SELECT tag FROM audit_tag WHERE audit = $1 AND repository = $2 ${condition}`,
    )
    return new Set(rows.map((row) => String(row['tag'])))
  }
  const [seen] = await work.rows(
    'SELECT 1 FROM audit_place WHERE registry = $3 AND repository = $2 LIMIT 1',
    [work.registry],
  )
  const readsAll = seen === undefined && !filters.narrows
  let writes: Write[] = []
  const keep = async (): Promise<void> => {
    const batch = writes
    writes = []
    await work.commit([...repository.takeNotes(), ...batch])
  }
  const keepAll = async (items: AsyncIterable<ListedManifest | UnlistedTag>): Promise<void> => {
    budget.check()
    try {
      for await (const item of items) {
        if ('raw' in item && item.raw !== undefined) repository.keep(item.raw)
        writes.push(...keepItem(work, item, filters))
        if (writes.length >= batchSize) await keep()
        budget.check()
      }
    } catch (error) {
      await keep()
      throw error
    }
    signal.throwIfAborted()
    await keep()
  }
  const known = await tagsWhere('AND digest IS NOT NULL')
  await keepAll(listing.listManifests(work.repository, { signal, known, readsAll }))
  if (listing.listsEveryTag !== true) await keepAll(listTags(place, { signal, known: await tagsWhere('') }))
}

function keepItem(
  work: RepositoryWork,
  item: ListedManifest | UnlistedTag,
  filters: CompiledFilters,
): Write[] {
  if (!('digest' in item)) {
    if (filters.hasTag(item.tag)) return [keepUnlisted(work, item)]
    // Evidence of what is looked at may be there: without a code it is no record, and it is not taken for absent.
    return parseEvidenceTag(item.tag) === undefined
      ? []
      : [
          work.write('INSERT OR IGNORE INTO audit_tag (audit, repository, tag) VALUES ($1, $2, $3)', [
            item.tag,
          ]),
        ]
  }
  const { digest, tags, mediaType, artifactType, size, pushedAt, pulledAt } = item
  if (!isDigest(digest)) {
    return (tags.length === 0 ? [''] : tags).map((tag) =>
      keepUnlisted(work, {
        tag,
        code: 'LISTING_INVALID',
        message: 'it is listed with something that is no digest',
      }),
    )
  }
  const state = filters.hasManifest(item) ? 'found' : 'dormant'
  return [
    ...tags.map((tag) =>
      work.write(
        `INSERT INTO audit_tag (audit, repository, tag, digest) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO UPDATE SET digest = excluded.digest, code = NULL, message = NULL`,
        [tag, digest],
      ),
    ),
    work.write(
      `INSERT INTO audit_node
         (audit, repository, digest, listed, state, media_type, artifact_type, size, pushed_at, pulled_at)
       VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9)
       ON CONFLICT DO UPDATE SET listed = 1,
         state = CASE WHEN state = 'dormant' THEN excluded.state ELSE state END,
         media_type = COALESCE(media_type, excluded.media_type),
         artifact_type = COALESCE(artifact_type, excluded.artifact_type), size = COALESCE(size, excluded.size),
         ${latest('pushed_at')}, ${latest('pulled_at')}`,
      [
        digest,
        state,
        mediaType ?? null,
        artifactType ?? null,
        size !== undefined && Number.isSafeInteger(size) ? size : null,
        pushedAt ?? null,
        pulledAt ?? null,
      ],
    ),
  ]
}

/** Of what is listed once for each tag, the times are those of the tag: what one of them was pulled by is in use. */
const latest = (column: string): string =>
  `${column} = MAX(COALESCE(${column}, excluded.${column}), COALESCE(excluded.${column}, ${column}))`

function keepUnlisted(work: RepositoryWork, { tag, code, message }: UnlistedTag): Write {
  return work.write(
    `INSERT INTO audit_tag (audit, repository, tag, code, message) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO UPDATE SET code = excluded.code, message = excluded.message WHERE digest IS NULL`,
    [tag, code, message],
  )
}
