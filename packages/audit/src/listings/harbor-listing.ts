import * as z from 'zod'
import { byLogin } from './authorize.ts'
import { createServiceListing, estimatePages } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { segment } from './http/listing-http.ts'
import { listLinked } from './http/list-linked.ts'
import { told } from './http/read-json.ts'
import type { ListingLogin, ListingServiceOptions, ServiceListing } from './listing-options.ts'
import type { ToldManifest } from './to-listed.ts'

/** Options of {@link harborListing}. */
export interface HarborListingOptions extends ListingServiceOptions {
  /** Host with its port, as in references. */
  readonly registry: string
  /** Base URL. Default: `https://<registry>`. */
  readonly origin?: string | undefined
  /** Projects to list. Default: all that the identity may see. */
  readonly projects?: readonly string[] | undefined
  /** A user, or a robot account (`robot$…`). Default: what is public. */
  readonly login?: ListingLogin | undefined
}

/** Harbor gives no more. */
const pageSize = 100
const totalField = 'x-total-count'
const tagsSchema = z.array(z.object({ name: z.string() })).nullish()
const repositoriesSchema = z.array(z.object({ name: z.string() }))
const artifactsSchema = z.array(
  z.object({
    digest: told,
    manifest_media_type: told,
    artifact_type: told,
    size: told,
    push_time: told,
    pull_time: told,
    tags: tagsSchema,
    accessories: z.array(z.object({ digest: told, size: told, creation_time: told })).nullish(),
  }),
)

/**
 * Lists a Harbor by its API (v2.0). Manifests without a tag and what is attached to a listed one come too; the children
 * of an index do not, for they are found in it.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin can't be used; `LISTING_FAILED` and `LISTING_INVALID` while it
 *   lists.
 */
export function harborListing(options: HarborListingOptions): ServiceListing {
  const { registry, origin = `https://${registry}`, projects, login } = options
  const http = createListingHttp({ name: 'harbor', origin, authorize: byLogin(login), options })
  return createServiceListing({
    registry,
    name: 'harbor',
    scope: JSON.stringify(projects),
    lists: 'manifests',
    http,
    estimateRequests: (counts) =>
      estimatePages(counts, { repositories: pageSize, manifests: pageSize }) + (projects?.length ?? 0),
    async *repositories(ask) {
      const paths = projects?.map((project) => `/projects/${segment(project)}/repositories`) ?? [
        '/repositories',
      ]
      for (const path of paths) {
        const request = {
          to: `/api/v2.0${path}?page=1&page_size=${pageSize}&sort=creation_time`,
          subject: registry,
          action: 'list the repositories',
          permission: 'the role Limited Guest in the projects, or a robot with repository:list',
        }
        for await (const { name } of listLinked(ask, request, { schema: repositoriesSchema, totalField }))
          yield name
      }
    },
    async *manifests(repository, ask, subject) {
      const [project = '', ...rest] = repository.split('/')
      // Harbor takes the slashes within a name only when they are escaped twice.
      const name = segment(segment(rest.join('/')))
      const request = {
        to: `/api/v2.0/projects/${segment(project)}/repositories/${name}/artifacts?page=1&page_size=${pageSize}&sort=push_time&with_tag=true&with_accessory=true`,
        subject,
        action: 'list the artifacts',
        permission: 'the role Limited Guest in the project, or a robot with artifact:list and tag:list',
      }
      for await (const artifact of listLinked(ask, request, { schema: artifactsSchema, totalField }))
        yield* toTold(artifact)
    },
  })
}

function* toTold(artifact: z.output<typeof artifactsSchema>[number]): Generator<ToldManifest> {
  const { digest, tags, size, accessories } = artifact
  yield {
    digest,
    tags: tags?.map(({ name }) => name) ?? [],
    mediaType: artifact.manifest_media_type,
    artifactType: artifact.artifact_type,
    size,
    pushedAt: artifact.push_time,
    pulledAt: artifact.pull_time,
  }
  for (const accessory of accessories ?? []) {
    yield { digest: accessory.digest, tags: [], size: accessory.size, pushedAt: accessory.creation_time }
  }
}
