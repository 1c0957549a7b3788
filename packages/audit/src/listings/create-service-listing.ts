import { parseReference } from '@sallyport/oci'
import { printable } from '@sallyport/oci/cloud'
import { AuditError } from '../errors.ts'
import type {
  ListedManifest,
  ListingOptions,
  RegistryListing,
  UnlistedTag,
} from '../ports/registry-listing.ts'
import type { ListingHttp } from './http/create-listing-http.ts'
import type { AskListing } from './http/listing-http.ts'
import type { ServiceListing } from './listing-options.ts'
import { toListed, type ToldManifest } from './to-listed.ts'

/** What differs from service to service. */
export interface ServiceListingParts extends Pick<RegistryListing, 'registry' | 'name' | 'scope' | 'lists'> {
  readonly http: ListingHttp
  readonly estimateRequests: RegistryListing['estimateRequests']
  /** Paths of repositories as the service names them. */
  repositories(ask: AskListing): AsyncIterable<string>
  /** @param subject the repository with its registry, for errors. */
  manifests(
    repository: string,
    ask: AskListing,
    subject: string,
    options: ListingOptions,
  ): AsyncIterable<ToldManifest | UnlistedTag>
}

const maxRepositories = 1_000_000

/** A listing over one service: names are checked, repositories come once, an abort ends it between any two entries. */
export function createServiceListing(parts: ServiceListingParts): ServiceListing {
  const { registry, name, scope, lists, http, estimateRequests } = parts
  return {
    registry,
    name,
    scope,
    lists,
    estimateRequests,
    async *listRepositories(options: ListingOptions = {}): AsyncGenerator<string, void, undefined> {
      options.signal?.throwIfAborted()
      const seen = new Set<string>()
      for await (const repository of parts.repositories(http.for(options))) {
        checkRepository(registry, repository)
        if (seen.has(repository)) continue
        seen.add(repository)
        if (seen.size > maxRepositories) throw invalid(registry, 'there are more repositories than can be')
        yield repository
        options.signal?.throwIfAborted()
      }
    },
    async *listManifests(
      repository: string,
      options: ListingOptions = {},
    ): AsyncGenerator<ListedManifest | UnlistedTag, void, undefined> {
      options.signal?.throwIfAborted()
      checkRepository(registry, repository)
      const subject = `${registry}/${repository}`
      for await (const told of parts.manifests(repository, http.for(options), subject, options)) {
        for (const listed of 'code' in told ? [told] : toListed(subject, told)) {
          yield listed
          options.signal?.throwIfAborted()
        }
      }
    },
    requests: http.requests,
    close: http.close,
  }
}

/** A name that no client can pull is no name: it is said, not left out. */
function checkRepository(registry: string, repository: string): void {
  try {
    const parsed = parseReference(`${registry}/${repository}`)
    const { tag, digest } = parsed
    if (parsed.repository === repository && tag === undefined && digest === undefined) return
  } catch {
    // Said below.
  }
  throw invalid(registry, `"${printable(repository, 120)}" is no name of a repository`)
}

function invalid(registry: string, why: string): AuditError {
  return new AuditError('LISTING_INVALID', `${registry}: ${why}`, { subject: registry })
}

/**
 * Requests that listing takes when each page is full but the last: the tags may be spread over the repositories as they
 * like. Lists of tags that are numbered without a total are read twice where there is more than one page.
 */
export function estimatePages(
  { repositories, tags }: { readonly repositories: number; readonly tags: number },
  pageSizes: { readonly repositories: number; readonly manifests: number },
  { readsTwice = false }: { readonly readsTwice?: boolean } = {},
): number {
  const ofRepositories = Math.max(1, Math.ceil(repositories / pageSizes.repositories))
  return ofRepositories + repositories + Math.floor(tags / pageSizes.manifests) * (readsTwice ? 3 : 1)
}
