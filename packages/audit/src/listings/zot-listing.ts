import * as z from 'zod'
import { AuditError } from '../errors.ts'
import type { RegistryListing } from '../ports/registry-listing.ts'
import { byLogin, byToken } from './authorize.ts'
import { createServiceListing } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import type { AskListing, ListingAnswer } from './http/listing-http.ts'
import { listCatalog } from './http/list-catalog.ts'
import { parsePage, told } from './http/read-json.ts'
import { readPages } from './http/read-pages.ts'
import type { ListingLogin, ListingSecret, ListingServiceOptions, ServiceListing } from './listing-options.ts'

/** Options of {@link zotListing}. */
export interface ZotListingOptions extends ListingServiceOptions {
  /** Host with its port, as in references. */
  readonly registry: string
  /** Base URL. Default: `https://<registry>`. */
  readonly origin?: string | undefined
  /** A user and a password or API key. Default: what is public. */
  readonly login?: ListingLogin | undefined
  /** A bearer token, in place of a login. */
  readonly token?: ListingSecret | undefined
  /** Lists the manifests where zot runs without its search extension. Default: then listing fails. */
  readonly fallback?: Pick<RegistryListing, 'listManifests' | 'estimateRequests'> | undefined
}

const pageSize = 1000
const permission = 'permission to read the repository'
const base = 'Tag Digest MediaType Size Manifests{ArtifactType}'
/** Newer versions tell more; one that does not know a field refuses the whole query. */
const fieldSets = [`${base} PushTimestamp LastPullTimestamp`, base] as const
const answerSchema = z.object({
  data: z
    .object({
      ImageList: z.object({
        Page: z.object({ TotalCount: z.int().nonnegative() }).nullish(),
        Results: z.array(
          z.object({
            Tag: z.string(),
            Digest: told,
            MediaType: told,
            Size: told,
            PushTimestamp: told,
            LastPullTimestamp: told,
            Manifests: z.array(z.object({ ArtifactType: told })).nullish(),
          }),
        ),
      }),
    })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
})
type Page = z.output<typeof answerSchema>

/**
 * Lists a zot: repositories by the catalog, tags by the search extension (GraphQL), which leaves out what zot takes for a
 * signature: tags of cosign, and whatever has a `subject` and claims to be of a type of signatures.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin can't be used; `LISTING_FAILED` and `LISTING_INVALID` while it
 *   lists.
 */
export function zotListing(options: ZotListingOptions): ServiceListing {
  const { registry, origin = `https://${registry}`, login, token, fallback } = options
  const http = createListingHttp({
    name: 'zot',
    origin,
    authorize: byToken(token) ?? byLogin(login),
    options,
  })
  let fields: number | 'none' = 0

  async function search(
    ask: AskListing,
    repository: string,
    subject: string,
    offset: number,
  ): Promise<Page | undefined> {
    while (fields !== 'none') {
      const asked: number = fields
      const query = `query($repo:String!,$page:PageInput){ImageList(repo:$repo,requestedPage:$page){Page{TotalCount} Results{${fieldSets[asked]}}}}`
      const page = { limit: pageSize, offset, sortBy: 'ALPHABETIC_ASC' }
      const answer = await ask({
        method: 'POST',
        to: '/v2/_zot/ext/search',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { repo: repository, page } }),
        subject,
        action: 'search for tags',
        permission,
        accept: [404, 405, 422],
      })
      if (answer.status === 404 || answer.status === 405) {
        fields = 'none'
        break
      }
      if (!lacksField(answer) || asked + 1 >= fieldSets.length) return readAnswer(answer, subject)
      fields = asked + 1
    }
    return undefined
  }

  return createServiceListing({
    registry,
    name: 'zot',
    lists: 'tags',
    http,
    estimateRequests: (counts) =>
      Math.max(1, Math.ceil(counts.repositories / pageSize)) +
      1 +
      (fallback === undefined
        ? counts.repositories + Math.floor(counts.tags / pageSize) + 1
        : fallback.estimateRequests(counts) + 1),
    async *repositories(ask) {
      yield* listCatalog(ask, '/v2/_catalog', {
        subject: registry,
        action: 'list the repositories',
        permission,
      })
    },
    async *manifests(repository, ask, subject, listingOptions) {
      const first = await search(ask, repository, subject, 0)
      if (first === undefined) {
        if (fallback === undefined) throw noSearch(subject)
        return yield* fallback.listManifests(repository, listingOptions)
      }
      let held: Page | undefined = first
      const all = readPages(
        subject,
        '0',
        async (offset) => {
          const page: Page | undefined = held ?? (await search(ask, repository, subject, Number(offset)))
          held = undefined
          if (page === undefined) throw noSearch(subject)
          const { Page: info, Results: entries = [] } = page.data?.ImageList ?? {}
          const end = Number(offset) + entries.length
          const more = info ? end < info.TotalCount : entries.length >= pageSize
          return { entries, total: info?.TotalCount, next: more ? String(end) : undefined }
        },
        { isNumbered: true },
      )
      for await (const image of all) {
        yield {
          digest: image.Digest,
          tags: [image.Tag],
          mediaType: image.MediaType,
          artifactType: image.Manifests?.length === 1 ? image.Manifests[0]?.ArtifactType : undefined,
          size: image.Size,
          pushedAt: image.PushTimestamp,
          pulledAt: image.LastPullTimestamp,
        }
      }
    },
  })
}

function lacksField({ json }: ListingAnswer): boolean {
  const parsed = answerSchema.safeParse(json)
  const errors = parsed.success ? (parsed.data.errors ?? []) : []
  return errors.some(({ message }) => message.startsWith('Cannot query field'))
}

function readAnswer({ json }: ListingAnswer, subject: string): Page {
  const page = parsePage(json, answerSchema, subject)
  // GraphQL may answer in part; what it could not say would be missing.
  if ((page.errors?.length ?? 0) > 0 || !page.data)
    throw new AuditError('LISTING_FAILED', `${subject}: zot's search could not list the tags`, { subject })
  return page
}

function noSearch(subject: string): AuditError {
  return new AuditError(
    'LISTING_FAILED',
    `${subject}: zot runs without its search extension; switch it on, or list by the distribution API`,
    { subject, status: 404 },
  )
}
