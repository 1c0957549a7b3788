import { describe, expect, it } from 'vitest'
import { gitlabListing } from './gitlab-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledRepository, manifestOf, tagsOf } from './listing-content.fixture.ts'
import { type DoubleAnswer, pageOf, startServiceDouble } from './service-double.fixture.ts'

const registry = 'registry.gitlab.example:5050'
const token = 'glpat-token-of-the-audit'

/** GitLab's API v4: repositories by number, Link and X-Total, digests only in the details of a tag. */
async function startGitlab(content: DoubledRepository[]) {
  return startServiceDouble(({ path, query, header }, origin) => {
    if (header('private-token') !== token) return { status: 401, json: { message: '401 Unauthorized' } }
    const paged = (all: readonly unknown[]): DoubleAnswer => {
      const page = Number(query.get('page'))
      const size = Math.min(100, Number(query.get('per_page')))
      const to = (number: number) => `${origin}${path}?id=x&page=${number}&per_page=${size}`
      const links = [
        ...(page > 1 ? [`<${to(page - 1)}>; rel="prev"`] : []),
        ...(all.length > page * size ? [`<${to(page + 1)}>; rel="next"`] : []),
        `<${to(1)}>; rel="first"`,
      ]
      return {
        json: pageOf(all, page, size),
        headers: { link: links.join(', '), 'x-total': String(all.length) },
      }
    }
    if (path === '/api/v4/groups/acme%2Fprod/registry/repositories')
      return paged(
        content.map(({ name }, index) => ({
          id: index + 100,
          name,
          path: `acme/prod/${name}`,
          project_id: 9,
          location: `${registry}/acme/prod/${name}`,
          created_at: '2026-01-05T12:00:00.000Z',
          cleanup_policy_started_at: null,
        })),
      )
    const [, id = '', tag] =
      /^\/api\/v4\/projects\/9\/registry\/repositories\/(\d+)\/tags(?:\/([^/]+))?$/.exec(path) ?? []
    const found = content[Number(id) - 100]
    if (found === undefined || id === '') return { status: 404, json: { message: '404 Not Found' } }
    const all = tagsOf(found)
    if (tag === undefined)
      return paged(
        all.map(({ tag: name }) => ({ name, path: `acme/prod/${found.name}:${name}`, location: 'x' })),
      )
    const detail = all.find(({ tag: name }) => name === decodeURIComponent(tag))
    if (detail === undefined) return { status: 404, json: { message: '404 Tag Not Found' } }
    return {
      json: {
        name: detail.tag,
        path: `acme/prod/${found.name}:${detail.tag}`,
        location: `${registry}/acme/prod/${found.name}:${detail.tag}`,
        revision: 'f5'.repeat(32),
        short_revision: 'f5f5f5f5f',
        digest: detail.digest,
        created_at: detail.pushedAt.toISOString().replace('Z', '+00:00'),
        total_size: detail.size,
      },
    }
  })
}

describeListingContract('gitlabListing', {
  pages: { repositories: 100, manifests: 100 },
  tells: ['size', 'pushedAt'],
  secrets: [token],
  async start(content, options) {
    const double = await startGitlab(content)
    const listing = gitlabListing({
      ...options,
      registry,
      origin: double.origin,
      owner: { group: 'acme/prod' },
      token,
    })
    return { double, listing, pathOf: (name) => `acme/prod/${name}` }
  },
})

describe('gitlabListing', () => {
  it('lists a tag that is deleted between list and details as one that could not be listed', async () => {
    const content = [{ name: 'app', manifests: [manifestOf(1), manifestOf(2)] }]
    await using double = await startGitlab(content)
    const listing = gitlabListing({ registry, origin: double.origin, owner: { group: 'acme/prod' }, token })
    double.afterAnswer(({ path }) => {
      if (path.endsWith('/tags')) content[0]?.manifests.pop()
    })
    const listed = await Array.fromAsync(listing.listManifests('acme/prod/app'))
    expect(listed).toHaveLength(2)
    expect(listed.filter((each) => 'tag' in each)).toMatchObject([{ tag: 'v2', code: 'TAG_NOT_FOUND' }])
    await listing.close()
  })

  it('does not ask again for tags that were listed before an interruption', async () => {
    await using double = await startGitlab([{ name: 'app', manifests: [manifestOf(1), manifestOf(2)] }])
    const listing = gitlabListing({ registry, origin: double.origin, owner: { group: 'acme/prod' }, token })
    const listed = await Array.fromAsync(listing.listManifests('acme/prod/app', { known: new Set(['v1']) }))
    expect(listed).toMatchObject([{ tags: ['v2'] }])
    expect(listing.requests()).toBe(3)
    await listing.close()
  })

  it('lists a tag of which GitLab knows no digest as one that could not be listed', async () => {
    const lost = { ...manifestOf(1), digest: null as unknown as string }
    await using double = await startGitlab([{ name: 'app', manifests: [lost] }])
    const listing = gitlabListing({ registry, origin: double.origin, owner: { group: 'acme/prod' }, token })
    expect(await Array.fromAsync(listing.listManifests('acme/prod/app'))).toMatchObject([
      { tag: 'v1', code: 'DIGEST_MISSING' },
    ])
    await expect(Array.fromAsync(listing.listManifests('acme/prod/other'))).rejects.toMatchObject({
      code: 'LISTING_FAILED',
      status: 404,
    })
    await listing.close()
  })

  it('says that the registry is another one, and lists a single project', async () => {
    await using double = await startServiceDouble(() => ({
      json: [{ id: 1, project_id: 9, path: 'acme/prod/app', location: 'elsewhere.example/acme/prod/app' }],
    }))
    const listing = gitlabListing({ registry, origin: double.origin, owner: { project: 'acme/prod' }, token })
    await expect(Array.fromAsync(listing.listRepositories())).rejects.toMatchObject({
      code: 'LISTING_INVALID',
    })
    expect(double.requests[0]?.path).toBe('/api/v4/projects/acme%2Fprod/registry/repositories')
    await listing.close()
  })
})
