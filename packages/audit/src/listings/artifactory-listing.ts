import * as z from 'zod'
import { AuditError } from '../errors.ts'
import { byLogin, byToken } from './authorize.ts'
import { createServiceListing } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { type AskListing, invalidOption, segment } from './http/listing-http.ts'
import { listCatalog } from './http/list-catalog.ts'
import { parsePage, told } from './http/read-json.ts'
import { readPages } from './http/read-pages.ts'
import type { ListingLogin, ListingSecret, ListingServiceOptions, ServiceListing } from './listing-options.ts'
import type { ToldManifest } from './to-listed.ts'

/** Options of {@link artifactoryListing}. */
export interface ArtifactoryListingOptions extends ListingServiceOptions {
  /** Host with its port, as in references. */
  readonly registry: string
  /** Base URL of Artifactory, with its path, e.g. `https://acme.jfrog.io/artifactory`. */
  readonly origin: string
  /** Keys of the local or federated repositories of Artifactory to list. */
  readonly repositories: readonly string[]
  /**
   * How references name a repository of Artifactory: `path`, by the first part of the path (`host/key/app`), or `host`, by
   * the host alone (`key.host/app`), with one key. Default `path`.
   */
  readonly naming?: 'path' | 'host' | undefined
  /** An access or identity token. */
  readonly token?: ListingSecret | undefined
  /** A user and a password, in place of a token. */
  readonly login?: ListingLogin | undefined
}

/** The most that Artifactory gives users who are no administrators, unless set otherwise. */
const pageSize = 1000
const permission = 'permission to read the whole repository'
const itemsSchema = z.object({
  results: z.array(z.object({ path: z.string(), name: z.string(), created: told, sha256: told })),
  range: z.object({ notification: z.string().optional() }),
})
/** The folder of a manifest that no tag names. */
const untaggedFolder = /^sha256(?::|__)([0-9a-f]{64})$/

/**
 * Lists Docker repositories of Artifactory: their images by the catalog, their manifests, also without a tag, by AQL.
 * Artifactory leaves out silently what the identity may not read.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the options contradict each other or the origin can't be used;
 *   `LISTING_FAILED` and `LISTING_INVALID` while it lists.
 */
export function artifactoryListing(options: ArtifactoryListingOptions): ServiceListing {
  const { registry, origin, repositories: keys, naming = 'path', token, login } = options
  if (naming === 'host' && keys.length !== 1)
    throw invalidOption('artifactory', 'named by its host there is exactly one repository')
  const http = createListingHttp({
    name: 'artifactory',
    origin,
    authorize: byToken(token) ?? byLogin(login),
    options,
  })
  const toPath = (key: string, image: string) => (naming === 'host' ? image : `${key}/${image}`)

  function findImage(repository: string, subject: string): { readonly key: string; readonly image: string } {
    const [first = '', ...rest] = naming === 'host' ? [keys[0], repository] : repository.split('/')
    if (keys.includes(first) && rest.length > 0) return { key: first, image: rest.join('/') }
    throw new AuditError('LISTING_INVALID', `${subject} is in none of the repositories that are listed`, {
      subject,
    })
  }

  return createServiceListing({
    registry,
    name: 'artifactory',
    scope: JSON.stringify(keys),
    lists: 'manifests',
    http,
    // The end of a list shows only by an empty page, and each is read twice, that page included.
    estimateRequests: ({ repositories, tags }) =>
      Math.ceil(repositories / pageSize) + keys.length + repositories * 4 + Math.floor(tags / pageSize) * 2,
    async *repositories(ask) {
      for (const key of keys) {
        const path = `/api/docker/${segment(key)}/v2/_catalog`
        const asked = { subject: `${registry}/${key}`, action: 'list the images', permission }
        for await (const image of listCatalog(ask, path, asked)) yield toPath(key, image)
      }
    },
    async *manifests(repository, ask, subject) {
      const { key, image } = findImage(repository, subject)
      for await (const item of listItems(ask, { key, image, subject })) {
        // The pattern finds images below this one too; they are repositories of their own.
        const slash = item.path.lastIndexOf('/')
        if (item.path.slice(0, slash) === image) yield toTold(item.path.slice(slash + 1), item)
      }
    },
  })
}

type Item = z.output<typeof itemsSchema>['results'][number]

function listItems(
  ask: AskListing,
  { key, image, subject }: { readonly key: string; readonly image: string; readonly subject: string },
): AsyncGenerator<Item, void, undefined> {
  const criteria = JSON.stringify({
    repo: key,
    type: 'file',
    path: { $match: `${image}/*` },
    $or: [{ name: 'manifest.json' }, { name: 'list.manifest.json' }],
  })
  const query = `items.find(${criteria}).include("repo","path","name","created","sha256").sort({"$asc":["path","name"]})`
  return readPages(
    subject,
    '0',
    async (offset) => {
      const { json } = await ask({
        method: 'POST',
        to: '/api/search/aql',
        headers: { 'content-type': 'text/plain' },
        body: `${query}.offset(${offset}).limit(${pageSize})`,
        subject,
        action: 'search for manifests',
        permission,
      })
      const { results, range } = parsePage(json, itemsSchema, subject)
      // It says so when it cuts an answer short.
      if (range.notification !== undefined)
        throw new AuditError(
          'LISTING_FAILED',
          `${subject}: Artifactory's limit of search results is lower than ${pageSize}`,
          {
            subject,
          },
        )
      // What may not be read is taken out after the limit, so a short page is not the last.
      return { entries: results, next: results.length === 0 ? undefined : String(Number(offset) + pageSize) }
    },
    { isNumbered: true },
  )
}

/** Sizes are left out: what is told is the size of the manifest. */
function toTold(folder: string, { created: pushedAt, sha256 }: Item): ToldManifest {
  const hex = untaggedFolder.exec(folder)?.[1]
  const digest = typeof sha256 === 'string' && sha256 !== '' ? `sha256:${sha256}` : undefined
  return hex === undefined
    ? { digest, tags: [folder], pushedAt }
    : { digest: digest ?? `sha256:${hex}`, tags: [], pushedAt }
}
