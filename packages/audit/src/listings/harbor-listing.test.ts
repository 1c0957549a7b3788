import { describe, expect, it } from 'vitest'
import { harborListing } from './harbor-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledManifest, type DoubledRepository, manifestOf } from './listing-content.fixture.ts'
import { type DoubleAnswer, pageOf, startServiceDouble } from './service-double.fixture.ts'

const login = { username: 'robot$prod+audit', password: 'harbor-robot-secret' }
const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`

/** Harbor's API v2.0: Link and X-Total-Count, slashes of names escaped twice, zero dates for "never". */
async function startHarbor(content: DoubledRepository[]) {
  return startServiceDouble(({ path, query, header }) => {
    if (header('authorization') !== authorization)
      return { status: 401, json: { errors: [{ code: 'UNAUTHORIZED', message: 'unauthorized' }] } }
    const paged = (all: readonly unknown[]): DoubleAnswer => {
      const page = Number(query.get('page'))
      const size = Math.min(100, Number(query.get('page_size')))
      const rest = new URLSearchParams(query)
      rest.set('page', String(page + 1))
      const more = all.length > page * size
      return {
        json: pageOf(all, page, size),
        headers: {
          'x-total-count': String(all.length),
          ...(more ? { link: `<${path}?${rest}>; rel="next"` } : {}),
        },
      }
    }
    if (path === '/api/v2.0/repositories' || path === '/api/v2.0/projects/prod/repositories')
      return paged(
        content.map(({ name, manifests }) => ({
          id: 1,
          name: `prod/${name}`,
          artifact_count: manifests.length,
        })),
      )
    const [, name = ''] = /^\/api\/v2\.0\/projects\/prod\/repositories\/([^/]+)\/artifacts$/.exec(path) ?? []
    const found = content.find((each) => each.name === decodeURIComponent(decodeURIComponent(name)))
    if (found === undefined || /%2f/i.test(name))
      return { status: 404, json: { errors: [{ code: 'NOT_FOUND' }] } }
    return paged(found.manifests.map(toArtifact))
  })
}

function toArtifact({ digest, tags, size, pushedAt, pulledAt, mediaType, artifactType }: DoubledManifest) {
  return {
    id: 7,
    type: 'IMAGE',
    digest,
    size,
    media_type: artifactType,
    manifest_media_type: mediaType,
    artifact_type: artifactType,
    push_time: pushedAt.toISOString(),
    pull_time: pulledAt?.toISOString() ?? '0001-01-01T00:00:00.000Z',
    tags: tags.length === 0 ? null : tags.map((name) => ({ id: 1, name, immutable: false })),
    accessories: null,
    references: null,
  }
}

describeListingContract('harborListing', {
  pages: { repositories: 100, manifests: 100 },
  tells: ['size', 'pushedAt', 'pulledAt', 'mediaType', 'artifactType'],
  secrets: [login.password, authorization.slice(6)],
  async start(content, options) {
    const double = await startHarbor(content)
    const listing = harborListing({ ...options, registry: double.host, origin: double.origin, login })
    return { double, listing, pathOf: (name) => `prod/${name}` }
  },
})

describe('harborListing', () => {
  it('lists what is attached to an artifact, and only the projects that are named', async () => {
    const signature = manifestOf(9)
    await using double = await startServiceDouble(({ path }) =>
      path.endsWith('/artifacts')
        ? {
            json: [
              {
                ...toArtifact(manifestOf(1)),
                accessories: [
                  {
                    id: 1,
                    type: 'signature.cosign',
                    digest: signature.digest,
                    size: 99,
                    creation_time: '2026-01-05T12:00:00.123Z',
                    subject_artifact_digest: manifestOf(1).digest,
                  },
                ],
              },
            ],
          }
        : { json: [{ name: 'prod/app' }] },
    )
    const listing = harborListing({ registry: double.host, origin: double.origin, projects: ['prod'] })
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['prod/app'])
    expect(double.requests[0]?.path).toBe('/api/v2.0/projects/prod/repositories')
    expect(double.requests[0]?.header('authorization')).toBeUndefined()
    expect(await Array.fromAsync(listing.listManifests('prod/app'))).toMatchObject([
      { tags: ['v1'] },
      { digest: signature.digest, tags: [], size: 99, pushedAt: '2026-01-05T12:00:00.123Z' },
    ])
    await listing.close()
  })

  it.each([
    ['another host', '<https://elsewhere.example/api/v2.0/repositories?page=2>; rel="next"'],
    ['another port', '<http://127.0.0.1:1/api/v2.0/repositories?page=2>; rel="next"'],
    ['a user in the URL', '<http://x:y@{host}/api/v2.0/repositories?page=2>; rel="next"'],
    ['another form', 'page=2; rel="next"'],
  ])('refuses a link to the next page with %s', async (_, link) => {
    await using double = await startServiceDouble((__, origin) => ({
      json: [{ name: 'prod/app' }],
      headers: { link: link.replace('{host}', origin.slice(7)) },
    }))
    const listing = harborListing({ registry: double.host, origin: double.origin, login })
    await expect(Array.fromAsync(listing.listRepositories())).rejects.toMatchObject({
      code: 'LISTING_INVALID',
    })
    expect(double.requests).toHaveLength(1)
    await listing.close()
  })

  it.each([
    ['http to another machine', 'http://harbor.example'],
    ['no URL', 'harbor'],
    ['another scheme', 'ftp://harbor.example'],
    ['a password', 'https://user:hunter2hunter2@harbor.example'],
    ['a query', 'https://harbor.example?x=1'],
  ])('refuses an origin with %s', (_, origin) => {
    const create = () => harborListing({ registry: 'harbor.example', origin, login })
    expect(create).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }) as Error)
    expect(create).not.toThrow(/hunter2/)
  })
})
