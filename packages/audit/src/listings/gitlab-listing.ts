import { runConcurrently } from '@sallyport/core'
import * as z from 'zod'
import { AuditError } from '../errors.ts'
import type { ListingOptions, UnlistedTag } from '../ports/registry-listing.ts'
import { byToken } from './authorize.ts'
import { createServiceListing } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { type AskListing, segment } from './http/listing-http.ts'
import { listLinked } from './http/list-linked.ts'
import { parsePage, told } from './http/read-json.ts'
import type { ListingSecret, ListingServiceOptions, ServiceListing } from './listing-options.ts'
import type { ToldManifest } from './to-listed.ts'

/** Options of {@link gitlabListing}. */
export interface GitlabListingOptions extends ListingServiceOptions {
  /** Host of the registry with its port, as in references, e.g. `registry.gitlab.com`. */
  readonly registry: string
  /** URL of GitLab itself, e.g. `https://gitlab.com`. */
  readonly origin: string
  /** Whose repositories are listed, by path or number: those of a group with its subgroups, or of one project. */
  readonly owner: { readonly group: string } | { readonly project: string }
  /** A personal, group or project access token. Default: what is public. */
  readonly token?: ListingSecret | undefined
  /** Tags whose details are asked for at once. Default 8. */
  readonly concurrency?: number | undefined
}

/** GitLab gives no more. */
const pageSize = 100
const totalField = 'x-total'
const permission = 'a token with the scope read_api and the role Reporter'
const repositoriesSchema = z.array(
  z.object({ id: z.int(), project_id: z.int(), path: z.string(), location: z.string() }),
)
const tagsSchema = z.array(z.object({ name: z.string() }))
const tagSchema = z.object({
  name: z.string(),
  digest: told,
  created_at: told,
  total_size: told,
  media_type: told,
})

/**
 * Lists a registry of GitLab by its API, tags only. GitLab names digests in the details of each tag, so there is one
 * request for each.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin can't be used; `LISTING_FAILED` and `LISTING_INVALID` while it
 *   lists.
 */
export function gitlabListing(options: GitlabListingOptions): ServiceListing {
  const { registry, origin, owner, token, concurrency = 8 } = options
  const authorize = byToken(token, { field: 'private-token', prefix: '' })
  const http = createListingHttp({ name: 'gitlab', origin, authorize, options })
  const base = 'group' in owner ? `/groups/${segment(owner.group)}` : `/projects/${segment(owner.project)}`
  /** Where the tags of each repository are; GitLab addresses them by number. */
  const places = new Map<string, string>()

  async function* findRepositories(ask: AskListing): AsyncGenerator<string> {
    const request = {
      to: `/api/v4${base}/registry/repositories?per_page=${pageSize}&page=1`,
      subject: registry,
      action: 'list the repositories',
      permission,
    }
    for await (const { id, project_id: project, path, location } of listLinked(ask, request, {
      schema: repositoriesSchema,
      totalField,
    })) {
      if (location !== `${registry}/${path}`) throw elsewhere(registry)
      places.set(path, `/api/v4/projects/${project}/registry/repositories/${id}/tags`)
      yield path
    }
  }

  async function findPlace(repository: string, ask: AskListing, subject: string): Promise<string> {
    const known = places.get(repository)
    if (known !== undefined) return known
    for await (const path of findRepositories(ask)) if (path === repository) break
    const found = places.get(repository)
    if (found !== undefined) return found
    throw new AuditError('LISTING_FAILED', `${subject}: GitLab lists no such repository`, {
      subject,
      status: 404,
    })
  }

  return createServiceListing({
    registry,
    name: 'gitlab',
    scope: JSON.stringify(owner),
    lists: 'tags',
    http,
    estimateRequests: ({ repositories, tags }) =>
      Math.max(1, Math.ceil(repositories / pageSize)) + repositories + Math.floor(tags / pageSize) + tags,
    repositories: findRepositories,
    async *manifests(repository, ask, subject, { signal, known }) {
      const place = await findPlace(repository, ask, subject)
      const request = {
        to: `${place}?per_page=${pageSize}&page=1`,
        subject,
        action: 'list the tags',
        permission,
      }
      let names: string[] = []
      for await (const { name } of listLinked(ask, request, { schema: tagsSchema, totalField })) {
        if (known?.has(name)) continue
        names.push(name)
        if (names.length < concurrency * 4) continue
        yield* await readTags(names, { place, ask, subject, concurrency, signal })
        names = []
      }
      yield* await readTags(names, { place, ask, subject, concurrency, signal })
    },
  })
}

interface TagPlace extends Pick<ListingOptions, 'signal'> {
  readonly place: string
  readonly ask: AskListing
  readonly subject: string
  readonly concurrency: number
}

async function readTags(
  names: readonly string[],
  { place, ask, subject, concurrency, signal }: TagPlace,
): Promise<readonly (ToldManifest | UnlistedTag)[]> {
  const found: (ToldManifest | UnlistedTag)[] = []
  await runConcurrently(names, concurrency, signal, async (name) => {
    const { status, json } = await ask({
      to: `${place}/${segment(name)}`,
      subject,
      action: 'read a tag',
      permission,
      accept: [404],
    })
    if (status === 404) {
      // Deleted meanwhile, or a tag whose manifest is lost: GitLab does not tell these apart.
      found.push({ tag: name, code: 'TAG_NOT_FOUND', message: 'GitLab lists the tag and does not find it' })
      return
    }
    const tag = parsePage(json, tagSchema, subject)
    const { digest, created_at: pushedAt, total_size: size, media_type: mediaType } = tag
    found.push({ digest, tags: [name], mediaType, size, pushedAt })
  })
  return found
}

function elsewhere(registry: string): AuditError {
  return new AuditError(
    'LISTING_INVALID',
    `${registry}: GitLab says that its repositories are elsewhere; check the option "registry"`,
    { subject: registry },
  )
}
