import type { CredentialProvider, Credentials } from '@sallyport/oci'
import { acrCredentials } from '@sallyport/oci/acr'
import * as z from 'zod'
import { createServiceListing, estimatePages } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import type { AskListing, AuthorizeListing, ListingAnswer } from './http/listing-http.ts'
import { segment, toTarget } from './http/listing-http.ts'
import { nextLink } from './http/next-link.ts'
import { parsePage, told } from './http/read-json.ts'
import { readPages } from './http/read-pages.ts'
import type { ListingServiceOptions, ServiceListing } from './listing-options.ts'

/** Options of {@link acrListing}. */
export interface AcrListingOptions extends ListingServiceOptions {
  /** `<name>.azurecr.io`, or another cloud's. */
  readonly registry: string
  /**
   * How to sign in: a password (of a service principal, token or administrator), or a refresh token of the registry.
   * Default: `acrCredentials` of `@sallyport/oci/acr`, the identity that the environment gives.
   */
  readonly credentials?: CredentialProvider | undefined
  /** Base URL. Default: `https://<registry>`. */
  readonly origin?: string | undefined
}

/** What Azure's own tools ask for; more may be refused. */
const pageSize = 100
/** Azure's user name for whoever signs in with a refresh token. */
const refreshTokenUser = '00000000-0000-0000-0000-000000000000'
const catalogSchema = z.object({ repositories: z.array(z.string()).nullish() })
const tokenSchema = z.object({ access_token: z.string().min(1) })
const manifestsSchema = z.object({
  manifests: z
    .array(
      z.object({
        digest: told,
        tags: z.array(z.string()).nullish(),
        imageSize: told,
        createdTime: told,
        mediaType: told,
        artifactType: told,
      }),
    )
    .nullish(),
})

/**
 * Lists an Azure Container Registry by its own API (`/acr/v1`), manifests without a tag too.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin can't be used; `LISTING_FAILED` and `LISTING_INVALID` while it
 *   lists.
 */
export function acrListing(options: AcrListingOptions): ServiceListing {
  const { registry, origin = `https://${registry}`, credentials = acrCredentials() } = options
  const http = createListingHttp({
    name: 'acr',
    origin,
    authorize: byRegistry(registry, credentials),
    options,
  })
  return createServiceListing({
    registry,
    name: 'acr',
    lists: 'manifests',
    http,
    // Besides the pages, one token for the catalog and one for each repository.
    estimateRequests: (counts) =>
      estimatePages(counts, { repositories: pageSize, manifests: pageSize }) + counts.repositories + 1,
    async *repositories(ask) {
      yield* readLinked(ask, `/acr/v1/_catalog?n=${pageSize}`, {
        subject: registry,
        action: 'list the repositories',
        permission: 'registry:catalog:* (the role Container Registry Repository Catalog Lister, or AcrPull)',
        scope: 'registry:catalog:*',
        entriesOf: ({ json }) => parsePage(json, catalogSchema, registry).repositories ?? [],
      })
    },
    async *manifests(repository, ask, subject) {
      const all = readLinked(ask, `/acr/v1/${segment(repository)}/_manifests?n=${pageSize}`, {
        subject,
        action: 'list the manifests',
        permission: `repository:${repository}:metadata_read (the role AcrPull)`,
        scope: `repository:${repository}:metadata_read`,
        entriesOf: ({ json }) => parsePage(json, manifestsSchema, subject).manifests ?? [],
      })
      for await (const {
        digest,
        tags,
        mediaType,
        artifactType,
        imageSize: size,
        createdTime: pushedAt,
      } of all)
        yield { digest, tags: tags ?? [], mediaType, artifactType, size, pushedAt }
    },
  })
}

function readLinked<Entry>(
  ask: AskListing,
  first: string,
  {
    entriesOf,
    ...asked
  }: {
    readonly subject: string
    readonly action: string
    readonly permission: string
    readonly scope: string
    readonly entriesOf: (answer: ListingAnswer) => readonly Entry[]
  },
): AsyncGenerator<Entry, void, undefined> {
  return readPages(asked.subject, first, async (to) => {
    const answer = await ask({ ...asked, to: toTarget(to) })
    return { entries: entriesOf(answer), next: nextLink(answer, asked.subject) }
  })
}

/** A password is sent as it is; a refresh token is exchanged for a token that is good for one scope. */
function byRegistry(registry: string, credentials: CredentialProvider): AuthorizeListing {
  let kept: { readonly scope: string | undefined; readonly token: string } | undefined
  return async ({ scope }, { renew, signal, ask }) => {
    const found = await credentials.find({ registry }, { signal })
    if (found === undefined) return {}
    if (found.type === 'registry-token') return { authorization: `Bearer ${found.registryToken}` }
    const refreshToken = refreshTokenOf(found)
    if (refreshToken === undefined) return { authorization: basic(found) }
    if (kept === undefined || kept.scope !== scope || renew) {
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        service: registry,
        scope: scope ?? '',
        refresh_token: refreshToken,
      })
      const { json } = await ask({
        method: 'POST',
        to: '/oauth2/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        subject: registry,
        action: 'sign in',
      })
      kept = { scope, token: parsePage(json, tokenSchema, registry).access_token }
    }
    return { authorization: `Bearer ${kept.token}` }
  }
}

function refreshTokenOf(found: Credentials): string | undefined {
  if (found.type === 'identity-token') return found.identityToken
  return found.type === 'password' && found.username === refreshTokenUser ? found.password : undefined
}

function basic(found: Credentials): string {
  const pair = found.type === 'password' ? `${found.username}:${found.password}` : ''
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
}
