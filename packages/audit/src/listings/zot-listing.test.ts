import { describe, expect, it } from 'vitest'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledRepository, manifestOf, tagsOf } from './listing-content.fixture.ts'
import { afterKey, type DoubleAnswer, startServiceDouble } from './service-double.fixture.ts'
import { zotListing } from './zot-listing.ts'

const login = { username: 'audit', password: 'zak_api-key-of-the-audit' }
const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
const unknownField = (field: string): DoubleAnswer => ({
  status: 422,
  json: {
    errors: [
      {
        message: `Cannot query field "${field}" on type "ImageSummary".`,
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ],
    data: null,
  },
})

/** zot: the catalog of the distribution API, and the search extension, where it is on; older ones know fewer fields. */
async function startZot(content: DoubledRepository[], version: 'new' | 'old' | 'minimal' = 'new') {
  return startServiceDouble(({ method, path, query, header, body }) => {
    if (header('authorization') !== authorization)
      return { status: 401, json: { errors: [{ code: 'UNAUTHORIZED' }] } }
    if (path === '/v2/_catalog') {
      const { page, next } = afterKey(
        content,
        ({ name }) => name,
        query.get('last') ?? '',
        Number(query.get('n')),
      )
      const headers = next === undefined ? {} : { link: `</v2/_catalog?n=1000&last=${next}>; rel="next"` }
      return { json: { repositories: page.map(({ name }) => name) }, headers }
    }
    if (path !== '/v2/_zot/ext/search' || method !== 'POST' || version === 'minimal')
      return { status: 404, body: '404 page not found' }
    const { query: asked, variables } = JSON.parse(body) as {
      readonly query: string
      readonly variables: {
        readonly repo: string
        readonly page: { readonly limit: number; readonly offset: number }
      }
    }
    if (version === 'old' && asked.includes('PushTimestamp')) return unknownField('PushTimestamp')
    const all = content.flatMap((each) => (each.name === variables.repo ? tagsOf(each) : []))
    const { limit, offset } = variables.page
    const page = all.slice(offset, offset + limit)
    return {
      json: {
        data: {
          ImageList: {
            Page: page.length === 0 ? { TotalCount: 0 } : { TotalCount: all.length },
            Results: page.map(({ tag, digest, size, mediaType, artifactType, pushedAt, pulledAt }) => ({
              Tag: tag,
              Digest: digest,
              MediaType: mediaType,
              Size: String(size),
              Manifests: [{ ArtifactType: artifactType }],
              ...(asked.includes('PushTimestamp') ? { PushTimestamp: pushedAt.toISOString() } : {}),
              ...(asked.includes('LastPullTimestamp')
                ? { LastPullTimestamp: pulledAt?.toISOString() ?? '0001-01-01T00:00:00Z' }
                : {}),
            })),
          },
        },
      },
    }
  })
}

describeListingContract('zotListing', {
  pages: { repositories: 1000, manifests: 1000 },
  tells: ['size', 'pushedAt', 'pulledAt', 'mediaType', 'artifactType'],
  secrets: [login.password, authorization.slice(6)],
  async start(content, options) {
    const double = await startZot(content)
    const listing = zotListing({ ...options, registry: double.host, origin: double.origin, login })
    return { double, listing, pathOf: (name) => name }
  },
})

describe('zotListing', () => {
  const content = () => [{ name: 'app', manifests: [manifestOf(1)] }]

  it('asks an older zot for fewer fields, and remembers it', async () => {
    await using double = await startZot(content(), 'old')
    const listing = zotListing({ registry: double.host, origin: double.origin, login })
    for (let times = 0; times < 2; times++)
      expect(await Array.fromAsync(listing.listManifests('app'))).toMatchObject([
        { digest: manifestOf(1).digest, tags: ['v1'], size: 1001 },
      ])
    expect(double.requests).toHaveLength(3)
    await listing.close()
  })

  it('lists by another listing where there is no search, and fails without one', async () => {
    await using double = await startZot(content(), 'minimal')
    const fallback = {
      async *listManifests() {
        yield { digest: manifestOf(7).digest as `sha256:${string}`, tags: ['v7'] }
      },
      estimateRequests: () => 10,
    }
    const options = { registry: double.host, origin: double.origin, login }
    const listing = zotListing({ ...options, fallback })
    for (let times = 0; times < 2; times++)
      expect(await Array.fromAsync(listing.listManifests('app'))).toEqual([
        { digest: manifestOf(7).digest, tags: ['v7'] },
      ])
    expect(double.requests).toHaveLength(1)
    expect(listing.estimateRequests({ repositories: 1, tags: 1 })).toBeGreaterThan(10)
    await listing.close()
    const alone = zotListing(options)
    await expect(Array.fromAsync(alone.listManifests('app'))).rejects.toMatchObject({
      code: 'LISTING_FAILED',
      status: 404,
    })
    await alone.close()
  })

  it.each<[string, unknown]>([
    ['an error', { errors: [{ message: 'boom' }], data: null }],
    ['an error beside data', { errors: [{ message: 'boom' }], data: { ImageList: { Results: [] } } }],
    ['no data', { data: null }],
  ])('fails for %s, and does not take it for an empty repository', async (_, json) => {
    await using double = await startServiceDouble(() => ({ json }))
    const listing = zotListing({ registry: double.host, origin: double.origin, login })
    await expect(Array.fromAsync(listing.listManifests('app'))).rejects.toMatchObject({
      code: 'LISTING_FAILED',
    })
    await listing.close()
  })
})
