import { isSallyportError } from '@sallyport/core'
import type { ListTagsOptions, RegistryClient, RegistryRepository } from '@sallyport/oci'
import { visibleText } from '@sallyport/policy/report'
import { AuditError } from '../errors.ts'
import { toInvalidTag } from '../listings/to-listed.ts'
import type { ListedManifest, RegistryListing, UnlistedTag } from '../ports/registry-listing.ts'
import { mapAhead } from './map-ahead.ts'

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
    async *listManifests(repository, { signal, known, readsAll = false } = {}) {
      const place = client.repository({ registry, repository })
      const invalid: string[] = []
      let isEmpty = true
      let isHidden = false
      const options: ListTagsOptions = {
        onInvalidName: (tag) => void invalid.push(tag),
        onMissing: (codes) => void (isHidden = !codes.includes('NAME_UNKNOWN')),
        signal,
      }
      const unknown = async function* (): AsyncGenerator<string, void, undefined> {
        for await (const tag of place.listTags(options)) {
          isEmpty = false
          if (!known?.has(tag)) yield tag
        }
      }
      yield* mapAhead(
        unknown(),
        concurrency,
        (tag, stop) => lookUp(place, tag, readsAll && readsTags, stop),
        signal,
      )
      yield* invalid.map(toInvalidTag)
      // To a client, a repository that was deleted, hidden or mistyped looks like an empty one. One of the catalog may have
      // lost its last tag, which is said in so many words.
      if (isHidden || (isEmpty && invalid.length === 0 && repositories !== undefined)) {
        throw new AuditError('LISTING_FAILED', `${registry}/${repository} has no tags, or is not there`, {
          subject: `${registry}/${repository}`,
        })
      }
    },
  }
}

async function lookUp(
  place: Pick<RegistryRepository, 'headManifest' | 'findManifest'>,
  tag: string,
  reads: boolean,
  signal: AbortSignal,
): Promise<ListedManifest | UnlistedTag> {
  try {
    const claimed = reads ? undefined : await place.headManifest(tag, { signal })
    // Some registries answer HEAD with 404 whatever there is.
    const raw = claimed === undefined ? await place.findManifest(tag, { signal }) : undefined
    const descriptor = claimed ?? raw?.descriptor
    if (descriptor !== undefined)
      return { digest: descriptor.digest, tags: [tag], mediaType: descriptor.mediaType, ...(raw && { raw }) }
    return { tag, code: 'MANIFEST_NOT_FOUND', message: `${tag} is listed, but nothing is there` }
  } catch (cause) {
    if (signal.aborted || !isSallyportError(cause)) throw cause
    return { tag, code: cause.code, message: cause.message }
  }
}
