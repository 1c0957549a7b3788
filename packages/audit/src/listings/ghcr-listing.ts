import * as z from 'zod'
import { AuditError } from '../errors.ts'
import { byToken } from './authorize.ts'
import { createServiceListing, estimatePages } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { segment } from './http/listing-http.ts'
import { listLinked } from './http/list-linked.ts'
import { told } from './http/read-json.ts'
import type { ListingSecret, ListingServiceOptions, ServiceListing } from './listing-options.ts'

/** Options of {@link ghcrListing}. */
export interface GhcrListingOptions extends ListingServiceOptions {
  /** Whose packages are listed. */
  readonly owner: { readonly organization: string } | { readonly user: string }
  /** A personal access token (classic), or the token of a workflow. */
  readonly token: ListingSecret
  /** Host of the registry, as in references. Default `ghcr.io`. */
  readonly registry?: string | undefined
  /** Where the API is. Default: `https://api.github.com`. */
  readonly origin?: string | undefined
}

/** GitHub gives no more. */
const pageSize = 100
const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' }
const permission = 'a token with the scope read:packages'
const packagesSchema = z.array(z.object({ name: z.string() }))
const versionsSchema = z.array(
  z.object({
    name: told,
    created_at: told,
    metadata: z.object({ container: z.object({ tags: z.array(z.string()) }) }),
  }),
)

/**
 * Lists the container packages of an owner at GitHub, manifests without a tag too (children of indexes are among them).
 * GitHub numbers pages and tells no total, so that more than one page is read twice at least.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin can't be used; `LISTING_FAILED` and `LISTING_INVALID` while it
 *   lists.
 */
export function ghcrListing(options: GhcrListingOptions): ServiceListing {
  const { owner, token, registry = 'ghcr.io', origin = 'https://api.github.com' } = options
  const http = createListingHttp({ name: 'ghcr', origin, authorize: byToken(token), options })
  const login = 'user' in owner ? owner.user : owner.organization
  const base = `/${'user' in owner ? 'users' : 'orgs'}/${segment(login)}/packages`
  const prefix = `${login.toLowerCase()}/`
  return createServiceListing({
    registry,
    name: 'ghcr',
    scope: JSON.stringify(owner),
    lists: 'manifests',
    http,
    estimateRequests: (counts) =>
      estimatePages(counts, { repositories: pageSize, manifests: pageSize }, { readsTwice: true }) +
      (counts.repositories > pageSize ? Math.ceil(counts.repositories / pageSize) : 0),
    async *repositories(ask) {
      const request = {
        to: `${base}?package_type=container&per_page=${pageSize}`,
        subject: `${registry}/${login}`,
        action: 'list the packages',
        permission,
        headers,
      }
      for await (const { name } of listLinked(ask, request, { schema: packagesSchema })) yield prefix + name
    },
    async *manifests(repository, ask, subject) {
      if (!repository.startsWith(prefix))
        throw new AuditError('LISTING_INVALID', `${subject} is no package of ${login}`, { subject })
      const request = {
        to: `${base}/container/${segment(repository.slice(prefix.length))}/versions?per_page=${pageSize}`,
        subject,
        action: 'list the versions',
        permission,
        headers,
      }
      for await (const { name, created_at: pushedAt, metadata } of listLinked(ask, request, {
        schema: versionsSchema,
      }))
        yield { digest: name, tags: metadata.container.tags, pushedAt }
    },
  })
}
