import * as z from 'zod'
import { byToken } from './authorize.ts'
import { createServiceListing, estimatePages } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { segment } from './http/listing-http.ts'
import { parsePage, told } from './http/read-json.ts'
import { readPages } from './http/read-pages.ts'
import type { ListingSecret, ListingServiceOptions, ServiceListing } from './listing-options.ts'

/** Options of {@link quayListing}. */
export interface QuayListingOptions extends ListingServiceOptions {
  /** Host with its port, as in references. */
  readonly registry: string
  /** Organisations and users whose repositories are listed. */
  readonly namespaces: readonly string[]
  /** An OAuth access token of an application of the organisation. Default: what is public. */
  readonly token?: ListingSecret | undefined
  /**
   * Whether manifests that a tag pointed to before come too, without a tag. They can still be pulled by digest until the
   * time machine of the namespace lets go of them; one that is gone already can then not be read. Default `false`.
   */
  readonly history?: boolean | undefined
  /** Base URL. Default: `https://<registry>`. */
  readonly origin?: string | undefined
}

/** Quay gives no more. */
const pageSize = 100
const repositoriesSchema = z.object({
  repositories: z.array(z.object({ namespace: z.string(), name: z.string() })),
  next_page: z.string().nullish(),
})
const tagsSchema = z.object({
  tags: z.array(
    z.object({
      name: z.string(),
      manifest_digest: told,
      size: told,
      start_ts: z.number().nullish(),
      end_ts: z.number().nullish(),
      last_modified: told,
    }),
  ),
  has_additional: z.boolean(),
})

/**
 * Lists a Quay by its API. Quay lists tags only: what was pushed by digest is found as a child or referrer. It numbers pages
 * and tells no total, so that more than one page is read twice at least.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin can't be used; `LISTING_FAILED` and `LISTING_INVALID` while it
 *   lists.
 */
export function quayListing(options: QuayListingOptions): ServiceListing {
  const { registry, namespaces, token, history = false, origin = `https://${registry}` } = options
  const http = createListingHttp({ name: 'quay', origin, authorize: byToken(token), options })
  return createServiceListing({
    registry,
    name: 'quay',
    scope: JSON.stringify(namespaces),
    lists: 'tags',
    http,
    estimateRequests: (counts) =>
      estimatePages(counts, { repositories: pageSize, manifests: pageSize }, { readsTwice: true }) +
      namespaces.length,
    async *repositories(ask) {
      for (const namespace of namespaces) {
        const subject = `${registry}/${namespace}`
        const all = readPages(subject, '', async (cursor) => {
          const query = new URLSearchParams({
            namespace,
            public: 'true',
            ...(cursor === '' ? {} : { next_page: cursor }),
          })
          const { json } = await ask({
            to: `/api/v1/repository?${query}`,
            subject,
            action: 'list the repositories',
            permission: 'a token with the scope repo:read',
          })
          const page = parsePage(json, repositoriesSchema, subject)
          return { entries: page.repositories, next: page.next_page || undefined }
        })
        for await (const { namespace: owner, name } of all) yield `${owner}/${name}`
      }
    },
    async *manifests(repository, ask, subject) {
      const path = `/api/v1/repository/${repository.split('/').map(segment).join('/')}/tag/`
      const all = readPages(
        subject,
        '1',
        async (page) => {
          const { json } = await ask({
            to: `${path}?limit=${pageSize}&page=${page}${history ? '' : '&onlyActiveTags=true'}`,
            subject,
            action: 'list the tags',
            permission: 'a token with the scope repo:read',
          })
          const { tags, has_additional: more } = parsePage(json, tagsSchema, subject)
          return { entries: tags, next: more ? String(Number(page) + 1) : undefined }
        },
        { isNumbered: true },
      )
      for await (const {
        name,
        manifest_digest: digest,
        size,
        start_ts: start,
        end_ts: end,
        last_modified: at,
      } of all) {
        // A tag that will expire has an end too, in the future: it is one still.
        const isOver = history && end !== null && end !== undefined && end * 1000 <= now(options)
        // What was no manifest then is none now.
        if (isOver && typeof digest !== 'string') continue
        yield { digest, tags: isOver ? [] : [name], size, pushedAt: start ?? at }
      }
    },
  })
}

function now({ clock }: ListingServiceOptions): number {
  return (clock?.now() ?? new Date()).getTime()
}
