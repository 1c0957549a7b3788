import { isSallyportError } from '@sallyport/core'
import type { RegistryClient } from '@sallyport/oci'
import { visibleText } from '@sallyport/policy/report'
import { AuditError } from '../errors.ts'
import type { RegistryListing } from '../ports/registry-listing.ts'
import { listTags } from './list-tags.ts'

/** Options of {@link distributionListing}. */
export interface DistributionListingOptions {
  /** Asks the registry. */
  readonly client: Pick<RegistryClient, 'repository' | 'listRepositories'>
  /** Host with its port, as in references. */
  readonly registry: string
  /** Paths of the repositories to list; needed where the registry has no catalog. Default: those of the catalog. */
  readonly repositories?: readonly string[] | undefined
  /** Only repositories whose path begins so. Default: all. */
  readonly prefix?: string | undefined
  /**
   * Whether the first audit of a repository reads what is under each tag, which saves a request for each manifest. `false`
   * where many tags are at one manifest and reads are counted, as the pulls of Docker Hub are. Default `true`.
   */
  readonly readsTags?: boolean | undefined
  /** Most tags of one repository that are asked for at once. Default 8. */
  readonly concurrency?: number | undefined
}

const catalogPage = 1000

/**
 * Lists what the OCI distribution specification alone tells of any registry: its catalog, the tags of a repository, and
 * a `HEAD` for the digest of each tag; where nothing is known of a repository, a `GET`, as each manifest is read then.
 *
 * While listing, `LISTING_FAILED` when the registry has no catalog or refuses it: name the repositories then; also of a
 * repository that was named and has no tags, and of one of the catalog whose list of tags is not found, unless the
 * registry answers `NAME_UNKNOWN`, as some do where there is no tag. What the catalog lists and can be no name is listed all
 * the same, in visible characters, and fails when it is opened. Otherwise, of a repository, it passes on the errors of the client.
 *
 * @throws {AuditError} `OPTIONS_INVALID` for a `concurrency` that is no whole number above 0, or an empty list of
 *   repositories.
 */
export function distributionListing({
  client,
  registry,
  repositories,
  prefix = '',
  readsTags = true,
  concurrency = 8,
}: DistributionListingOptions): RegistryListing {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new AuditError('OPTIONS_INVALID', `concurrency: ${concurrency}; a whole number above 0`)
  if (repositories?.length === 0)
    throw new AuditError(
      'OPTIONS_INVALID',
      'repositories: none is named; leave it out for those of the catalog',
    )
  return {
    registry,
    name: 'distribution',
    scope: JSON.stringify({ prefix, repositories: repositories?.toSorted() }),
    lists: 'tags',
    listsEveryTag: true,
    estimateRequests: (counts) =>
      (repositories === undefined ? Math.floor(counts.repositories / catalogPage) + 1 : 0) +
      counts.repositories +
      counts.tags,
    async *listRepositories({ signal } = {}) {
      try {
        const named = repositories && new Set(repositories)
        const invalid: string[] = []
        const onInvalidName = (name: string): void => void invalid.push(visibleText(name, { maxLength: 255 }))
        const names = named ?? client.listRepositories(registry, { prefix, onInvalidName, signal })
        for await (const name of names) {
          signal?.throwIfAborted()
          if (name.startsWith(prefix)) yield name
        }
        // No client opens a repository of such a name, so that each ends as one that can't be listed.
        yield* invalid
      } catch (cause) {
        if (signal?.aborted || !isSallyportError(cause)) throw cause
        throw new AuditError('LISTING_FAILED', cause.message, {
          cause,
          subject: registry,
          retryable: cause.retryable,
        })
      }
    },
    listManifests: (repository, { signal, known, readsAll = false } = {}) =>
      listTags(client.repository({ registry, repository }), {
        known,
        reads: readsAll && readsTags,
        // To a client, a repository that was deleted, hidden or mistyped looks like an empty one. One of the catalog may have
        // lost its last tag, which is said in so many words.
        mustHaveTags: repositories !== undefined,
        concurrency,
        signal,
      }),
  }
}
