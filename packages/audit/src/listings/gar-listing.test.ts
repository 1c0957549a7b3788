import { describe, expect, it } from 'vitest'
import { garListing } from './gar-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledRepository, manifestOf } from './listing-content.fixture.ts'
import { afterKey, startServiceDouble } from './service-double.fixture.ts'

const registry = 'europe-west4-docker.pkg.dev'
const token = 'ya29.google-token-of-the-audit'
const parent = 'projects/acme/locations/europe-west4/repositories'

/**
 * Artifact Registry's v1: nested resources whose names escape slashes, page tokens, empty lists left out, sizes as text,
 * at most 100 related tags.
 */
async function startGar(content: DoubledRepository[]) {
  return startServiceDouble(({ path, query, header }) => {
    if (header('authorization') !== `Bearer ${token}`)
      return { status: 401, json: { error: { code: 401, status: 'UNAUTHENTICATED', message: 'no' } } }
    const answer = <T>(
      key: string,
      all: readonly T[],
      keyOf: (each: T) => string,
      toJson: (each: T) => unknown,
    ) => {
      const size = Math.min(1000, Number(query.get('pageSize')))
      const { page, next } = afterKey(all, keyOf, query.get('pageToken') ?? '', size)
      return {
        json: {
          ...(page.length === 0 ? {} : { [key]: page.map(toJson) }),
          ...(next === undefined ? {} : { nextPageToken: next }),
        },
      }
    }
    if (path === `/v1/${parent}`)
      return answer(
        'repositories',
        ['maven', 'prod'],
        (each) => each,
        (each) => ({
          name: `${parent}/${each}`,
          format: each === 'prod' ? 'DOCKER' : 'MAVEN',
        }),
      )
    const packages = `${parent}/prod/packages`
    if (path === `/v1/${packages}`)
      return answer(
        'packages',
        content,
        ({ name }) => name,
        ({ name }) => ({
          name: `${packages}/${encodeURIComponent(name)}`,
          createTime: '2026-01-05T12:00:00.123456Z',
        }),
      )
    const [, image = '', list = ''] = new RegExp(`^/v1/${packages}/([^/]+)/(versions|tags)$`).exec(path) ?? []
    const found = content.find(({ name }) => name === decodeURIComponent(image))
    if (found === undefined) return { status: 404, json: { error: { code: 404, status: 'NOT_FOUND' } } }
    const resource = `${packages}/${image}`
    const tagOf = (tag: string, version: string) => ({
      name: `${resource}/tags/${encodeURIComponent(tag)}`,
      version: `${resource}/versions/${version}`,
    })
    if (list === 'tags') {
      const tags = found.manifests.flatMap(({ digest, tags: names }) =>
        names.map((tag) => tagOf(tag, digest)),
      )
      return answer(
        'tags',
        tags,
        ({ name }) => name,
        (each) => each,
      )
    }
    const isFull = query.get('view') === 'FULL'
    return answer(
      'versions',
      found.manifests,
      ({ digest }) => digest,
      (each) => ({
        name: `${resource}/versions/${each.digest}`,
        createTime: each.pushedAt.toISOString().replace('Z', '456789Z'),
        updateTime: '2026-11-26T12:00:00Z',
        ...(isFull && each.tags.length > 0
          ? { relatedTags: each.tags.slice(0, 100).map((tag) => tagOf(tag, each.digest)) }
          : {}),
        ...(isFull
          ? {
              metadata: {
                name: `${parent}/prod/dockerImages/${image}@${each.digest}`,
                imageSizeBytes: String(each.size),
                mediaType: each.mediaType,
                artifactType: each.artifactType,
              },
            }
          : {}),
      }),
    )
  })
}

describeListingContract('garListing', {
  pages: { repositories: 1000, manifests: 1000 },
  tells: ['size', 'pushedAt', 'mediaType', 'artifactType'],
  secrets: [token],
  async start(content, options) {
    const double = await startGar(content)
    const listing = garListing({ ...options, registry, project: 'acme', token, origin: double.origin })
    return { double, listing, pathOf: (name) => `acme/prod/${name}` }
  },
})

describe('garListing', () => {
  it('finds the tags that a version with more than a hundred does not name', async () => {
    const many = Array.from({ length: 150 }, (_, index) => `v${index}`)
    await using double = await startGar([
      { name: 'team/app', manifests: [manifestOf(1, many), manifestOf(2, ['x'])] },
    ])
    const listing = garListing({
      registry,
      project: 'acme',
      repositories: ['prod'],
      token,
      origin: double.origin,
    })
    const listed = await Array.fromAsync(listing.listManifests('acme/prod/team/app'))
    const tags = listed.flatMap((each) =>
      'digest' in each && each.digest === manifestOf(1).digest ? each.tags : [],
    )
    expect([...new Set(tags)].toSorted()).toEqual(many.toSorted())
    expect(double.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['versions', 'tags'])
    await listing.close()
  })

  it('names the project of a domain as references do', async () => {
    await using double = await startServiceDouble(({ path }) => {
      const base = 'projects/example.com%3Aprod/locations/europe-west4/repositories/images/packages'
      return path === `/v1/${base}`
        ? {
            json: {
              packages: [{ name: 'projects/example.com:prod/locations/x/repositories/images/packages/app' }],
            },
          }
        : { status: path === `/v1/${base}/app/versions` ? 200 : 404, json: {} }
    })
    const options = {
      registry,
      project: 'example.com:prod',
      repositories: ['images'],
      token,
      origin: double.origin,
    }
    const listing = garListing(options)
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['example.com/prod/images/app'])
    expect(await Array.fromAsync(listing.listManifests('example.com/prod/images/app'))).toEqual([])
    await expect(Array.fromAsync(listing.listManifests('other/images/app'))).rejects.toMatchObject({
      code: 'LISTING_INVALID',
    })
    await listing.close()
  })

  it('refuses a host that is none of Artifact Registry', () => {
    const create = () => garListing({ registry: 'gcr.io', project: 'acme' })
    expect(create).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }) as Error)
  })
})
