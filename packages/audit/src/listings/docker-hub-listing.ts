import * as z from 'zod'
import { readSecret } from './authorize.ts'
import { createServiceListing, estimatePages } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { type AskListing, type AuthorizeListing, type ListingRequest, segment } from './http/listing-http.ts'
import { parsePage, told } from './http/read-json.ts'
import { readPages } from './http/read-pages.ts'
import type { ListingLogin, ListingServiceOptions, ServiceListing } from './listing-options.ts'

/** Options of {@link dockerHubListing}. */
export interface DockerHubListingOptions extends ListingServiceOptions {
  /** Users and organisations whose repositories are listed. */
  readonly namespaces: readonly string[]
  /** A user with a personal access token, or an organisation with one of its tokens. Default: what is public. */
  readonly login?: ListingLogin | undefined
  /** Host of the registry, as in references. Default `docker.io`. */
  readonly registry?: string | undefined
  /** Where the API is. Default: `https://hub.docker.com`. */
  readonly origin?: string | undefined
}

/** Docker Hub gives no more. */
const pageSize = 100
const permission = 'a token that may read the repositories'
const tokenSchema = z.object({ access_token: z.string().min(1) })
const pageOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.object({ count: z.int().nonnegative().optional(), next: z.string().nullish(), results: z.array(entry) })
const repositoriesSchema = pageOf(z.object({ namespace: z.string(), name: z.string() }))
const tagsSchema = pageOf(
  z.object({
    name: z.string(),
    digest: told,
    media_type: told,
    full_size: told,
    tag_last_pushed: told,
    last_updated: told,
    tag_last_pulled: told,
  }),
)

/**
 * Lists repositories of Docker Hub by its API, tags only. No request counts as a pull.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin can't be used; `LISTING_FAILED` and `LISTING_INVALID` while it
 *   lists.
 */
export function dockerHubListing(options: DockerHubListingOptions): ServiceListing {
  const { namespaces, login, registry = 'docker.io', origin = 'https://hub.docker.com' } = options
  const http = createListingHttp({ name: 'docker-hub', origin, authorize: byExchange(login), options })
  return createServiceListing({
    registry,
    name: 'docker-hub',
    scope: JSON.stringify(namespaces),
    lists: 'tags',
    http,
    estimateRequests: (counts) =>
      estimatePages(counts, { repositories: pageSize, manifests: pageSize }) +
      namespaces.length +
      (login === undefined ? 0 : 1),
    async *repositories(ask) {
      for (const namespace of namespaces) {
        const request = {
          to: `/v2/namespaces/${segment(namespace)}/repositories`,
          subject: `${registry}/${namespace}`,
          action: 'list the repositories',
          permission,
        }
        for await (const found of listAll(ask, request, repositoriesSchema))
          yield `${found.namespace}/${found.name}`
      }
    },
    async *manifests(repository, ask, subject) {
      const [namespace = '', ...name] = repository.split('/')
      const request = {
        to: `/v2/namespaces/${segment(namespace)}/repositories/${segment(name.join('/'))}/tags`,
        subject,
        action: 'list the tags',
        permission,
      }
      for await (const tag of listAll(ask, request, tagsSchema)) {
        yield {
          digest: tag.digest,
          tags: [tag.name],
          mediaType: tag.media_type,
          size: tag.full_size,
          pushedAt: tag.tag_last_pushed ?? tag.last_updated,
          pulledAt: tag.tag_last_pulled,
        }
      }
    },
  })
}

interface HubPage<Entry> {
  readonly count?: number | undefined
  readonly next?: string | null | undefined
  readonly results: readonly Entry[]
}

function listAll<Entry>(
  ask: AskListing,
  request: ListingRequest & { readonly to: string },
  schema: z.ZodType<HubPage<Entry>>,
): AsyncGenerator<Entry, void, undefined> {
  return readPages(
    request.subject,
    '1',
    async (page) => {
      const { json } = await ask({ ...request, to: `${request.to}?page=${page}&page_size=${pageSize}` })
      const { count, next, results } = parsePage(json, schema, request.subject)
      // Only whether there is a next page counts, not where it is said to be.
      return { entries: results, total: count, next: next ? String(Number(page) + 1) : undefined }
    },
    { isNumbered: true },
  )
}

/** Docker Hub takes neither passwords nor personal tokens but for a token that ends soon. */
function byExchange(login: ListingLogin | undefined): AuthorizeListing | undefined {
  if (login === undefined) return undefined
  let kept: string | undefined
  return async (_, { renew, signal, ask }) => {
    if (kept === undefined || renew) {
      const secret = await readSecret(login.password, signal)
      const { json } = await ask({
        method: 'POST',
        to: '/v2/auth/token',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ identifier: login.username, secret }),
        subject: 'docker.io',
        action: 'sign in',
      })
      kept = parsePage(json, tokenSchema, 'docker.io').access_token
    }
    return { authorization: `Bearer ${kept}` }
  }
}
