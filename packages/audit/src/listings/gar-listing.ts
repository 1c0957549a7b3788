import type { Environment } from '@sallyport/oci'
import { findGoogleToken } from '@sallyport/oci/cloud'
import * as z from 'zod'
import { AuditError } from '../errors.ts'
import { byToken } from './authorize.ts'
import { createServiceListing, estimatePages } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { type AskListing, invalidOption, segment } from './http/listing-http.ts'
import { parsePage, told } from './http/read-json.ts'
import { type ListingPage, readPages } from './http/read-pages.ts'
import type { ListingSecret, ListingServiceOptions, ServiceListing } from './listing-options.ts'

/** Options of {@link garListing}. */
export interface GarListingOptions extends ListingServiceOptions {
  /** `<location>-docker.pkg.dev`. */
  readonly registry: string
  /** Project that owns the repositories. */
  readonly project: string
  /** Repositories of Artifact Registry to list. Default: all of the project that hold images. */
  readonly repositories?: readonly string[] | undefined
  /** An OAuth token of Google. Default: from the application default credentials, or the metadata service. */
  readonly token?: ListingSecret | undefined
  /** Environment variables for the default of `token`. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Where the API is. Default: `https://artifactregistry.googleapis.com`. */
  readonly origin?: string | undefined
}

/** Artifact Registry gives no more. */
const pageSize = 1000
/** A version names no more of its tags. */
const mostRelatedTags = 100
const hostPattern = /^([a-z][a-z0-9-]{0,40})-docker\.pkg\.dev$/
const nextPageToken = z.string().optional()
const repositoriesSchema = z.object({
  repositories: z.array(z.object({ name: z.string(), format: z.string().optional() })).default([]),
  nextPageToken,
})
const packagesSchema = z.object({
  packages: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken,
})
const versionsSchema = z.object({
  versions: z
    .array(
      z.object({
        name: z.string(),
        createTime: told,
        relatedTags: z.array(z.object({ name: z.string() })).default([]),
        metadata: z
          .object({ mediaType: told, artifactType: told, imageSizeBytes: told })
          .partial()
          .default({}),
      }),
    )
    .default([]),
  nextPageToken,
})
const tagsSchema = z.object({
  tags: z.array(z.object({ name: z.string(), version: z.string() })).default([]),
  nextPageToken,
})

/**
 * Lists repositories of Google Artifact Registry, manifests without a tag too. `dockerImages` lists a whole repository of
 * Artifact Registry at once, all of its images mixed; `packages` and their `versions` say the same image by image, so that
 * nothing has to be kept in memory.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the registry is none of Artifact Registry's; `LISTING_FAILED` and
 *   `LISTING_INVALID` while it lists.
 */
export function garListing(options: GarListingOptions): ServiceListing {
  const { registry, project, env = process.env, origin = 'https://artifactregistry.googleapis.com' } = options
  const location = hostPattern.exec(registry)?.[1]
  if (location === undefined) throw invalidOption('gar', 'expected <location>-docker.pkg.dev')
  const { token = async ({ signal }) => (await findGoogleToken({ env, signal })).value } = options
  const http = createListingHttp({ name: 'gar', origin, authorize: byToken(token), options })
  const parent = `/v1/projects/${segment(project)}/locations/${location}/repositories`
  // A project of a domain (`example.com:prod`) is `example.com/prod` in references.
  const prefix = project.replace(':', '/')

  const readAll = <Page extends { readonly nextPageToken?: string | undefined }, Entry>(
    ask: AskListing,
    path: string,
    schema: z.ZodType<Page>,
    entriesOf: (page: Page) => readonly Entry[],
    asked: { readonly subject: string; readonly action: string; readonly permission: string },
  ) =>
    readPages(asked.subject, '', async (cursor): Promise<ListingPage<Entry>> => {
      const query = new URLSearchParams({
        pageSize: String(pageSize),
        ...(cursor === '' ? {} : { pageToken: cursor }),
      })
      const { json } = await ask({
        to: `${parent}${path}${path.includes('?') ? '&' : '?'}${query}`,
        ...asked,
      })
      const page = parsePage(json, schema, asked.subject)
      return { entries: entriesOf(page), next: page.nextPageToken || undefined }
    })

  async function* listKeys(ask: AskListing): AsyncGenerator<string> {
    if (options.repositories !== undefined) return yield* options.repositories
    const asked = {
      subject: registry,
      action: 'list the repositories',
      permission: 'artifactregistry.repositories.list',
    }
    const all = readAll(ask, '', repositoriesSchema, ({ repositories }) => repositories, asked)
    for await (const { name, format } of all) if (format === 'DOCKER') yield lastPart(name, registry)
  }

  return createServiceListing({
    registry,
    name: 'gar',
    scope: JSON.stringify([project, options.repositories]),
    lists: 'manifests',
    http,
    estimateRequests: (counts) =>
      estimatePages(counts, { repositories: pageSize, manifests: pageSize }) +
      (options.repositories?.length ?? Math.ceil(counts.repositories / pageSize) + counts.repositories),
    async *repositories(ask) {
      for await (const key of listKeys(ask)) {
        const asked = {
          subject: `${registry}/${prefix}/${key}`,
          action: 'list the images',
          permission: 'artifactregistry.packages.list',
        }
        const all = readAll(
          ask,
          `/${segment(key)}/packages`,
          packagesSchema,
          ({ packages }) => packages,
          asked,
        )
        for await (const { name } of all) yield `${prefix}/${key}/${lastPart(name, asked.subject)}`
      }
    },
    async *manifests(repository, ask, subject) {
      const [key = '', ...image] = repository.startsWith(`${prefix}/`)
        ? repository.slice(prefix.length + 1).split('/')
        : []
      if (image.length === 0)
        throw new AuditError('LISTING_INVALID', `${subject} is no image of the project`, { subject })
      const path = `/${segment(key)}/packages/${segment(image.join('/'))}`
      const versions = { subject, action: 'list the versions', permission: 'artifactregistry.versions.list' }
      const all = readAll(
        ask,
        `${path}/versions?view=FULL`,
        versionsSchema,
        (page) => page.versions,
        versions,
      )
      let hasMoreTags = false
      for await (const { name, createTime, relatedTags, metadata } of all) {
        hasMoreTags ||= relatedTags.length >= mostRelatedTags
        yield {
          digest: lastPart(name, subject),
          tags: relatedTags.map((tag) => lastPart(tag.name, subject)),
          mediaType: metadata.mediaType,
          artifactType: metadata.artifactType,
          size: metadata.imageSizeBytes,
          pushedAt: createTime,
        }
      }
      if (!hasMoreTags) return
      const tags = { subject, action: 'list the tags', permission: 'artifactregistry.tags.list' }
      for await (const { name, version } of readAll(
        ask,
        `${path}/tags`,
        tagsSchema,
        (page) => page.tags,
        tags,
      ))
        yield { digest: lastPart(version, subject), tags: [lastPart(name, subject)] }
    },
  })
}

/** The last part of a resource's name, e.g. of `projects/p/…/packages/team%2Fapp`. */
function lastPart(name: string, subject: string): string {
  try {
    return decodeURIComponent(name.slice(name.lastIndexOf('/') + 1))
  } catch {
    throw new AuditError('LISTING_INVALID', `${subject}: the listing holds a name that can't be decoded`, {
      subject,
    })
  }
}
