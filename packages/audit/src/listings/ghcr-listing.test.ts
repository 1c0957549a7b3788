import { describe, expect, it } from 'vitest'
import { ghcrListing } from './ghcr-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledRepository, manifestOf } from './listing-content.fixture.ts'
import { type DoubleAnswer, pageOf, startServiceDouble } from './service-double.fixture.ts'

const token = 'ghp_token-of-the-audit'

/** GitHub's REST API: numbered pages with Link to a path by number, versions named by digest. */
async function startGithub(content: DoubledRepository[]) {
  return startServiceDouble(({ path, query, header }, origin) => {
    if (header('authorization') !== `Bearer ${token}`)
      return { status: 401, json: { message: 'Bad credentials' } }
    const base = path.replace('/organizations/42/', '/orgs/Acme/')
    const paged = (all: readonly unknown[]): DoubleAnswer => {
      const page = Number(query.get('page') ?? 1)
      const size = Math.min(100, Number(query.get('per_page') ?? 30))
      const rest = new URLSearchParams(query)
      rest.set('page', String(page + 1))
      const next = `${origin}${base.replace('/orgs/Acme/', '/organizations/42/')}?${rest}`
      const headers = all.length > page * size ? { link: `<${next}>; rel="next", <${next}>; rel="last"` } : {}
      return { json: pageOf(all, page, size), headers }
    }
    if (base === '/orgs/Acme/packages' && query.get('package_type') === 'container')
      return paged(
        content.map(({ name }, index) => ({ id: index, name, package_type: 'container', version_count: 1 })),
      )
    const [, name = ''] = /^\/orgs\/Acme\/packages\/container\/([^/]+)\/versions$/.exec(base) ?? []
    const found = content.find((each) => each.name === decodeURIComponent(name))
    if (found === undefined) return { status: 404, json: { message: 'Package not found.' } }
    return paged(
      found.manifests.map(({ digest, tags, pushedAt }, index) => ({
        id: index,
        name: digest,
        url: `${origin}/x`,
        created_at: pushedAt.toISOString().replace('.000', ''),
        updated_at: '2026-11-26T12:00:00Z',
        metadata: { package_type: 'container', container: { tags } },
      })),
    )
  })
}

describeListingContract('ghcrListing', {
  pages: { repositories: 100, manifests: 100 },
  tells: ['pushedAt'],
  secrets: [token],
  async start(content, options) {
    const double = await startGithub(content)
    const listing = ghcrListing({ ...options, owner: { organization: 'Acme' }, token, origin: double.origin })
    return { double, listing, pathOf: (name) => `acme/${name}` }
  },
})

describe('ghcrListing', () => {
  it('waits until the time that GitHub names with a status 403', async () => {
    const now = new Date('2026-11-26T12:00:00Z')
    await using double = await startGithub([{ name: 'app', manifests: [] }])
    const waits: number[] = []
    const listing = ghcrListing({
      owner: { organization: 'Acme' },
      token,
      origin: double.origin,
      clock: { now: () => now },
      sleep: async (milliseconds) => void waits.push(milliseconds),
    })
    const reset = String(now.getTime() / 1000 + 12)
    double.fail({
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
      json: {},
    })
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['acme/app'])
    expect(waits).toEqual([12_000])
    double.fail({
      status: 403,
      headers: { 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': reset },
      json: {},
    })
    await expect(Array.fromAsync(listing.listRepositories())).rejects.toMatchObject({
      status: 403,
      retryable: false,
    })
    await listing.close()
  })

  it('lists packages of a user with slashes in their names, and refuses those of others', async () => {
    await using double = await startServiceDouble(({ path }) =>
      path.endsWith('/versions')
        ? { json: [{ name: manifestOf(1).digest, metadata: { container: { tags: ['v1'] } } }] }
        : { json: [{ name: 'team/app' }] },
    )
    const listing = ghcrListing({ owner: { user: 'jo' }, token, origin: double.origin })
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['jo/team/app'])
    expect(await Array.fromAsync(listing.listManifests('jo/team/app'))).toMatchObject([{ tags: ['v1'] }])
    expect(double.requests[1]?.path).toBe('/users/jo/packages/container/team%2Fapp/versions')
    await expect(Array.fromAsync(listing.listManifests('other/app'))).rejects.toMatchObject({
      code: 'LISTING_INVALID',
    })
    await listing.close()
  })
})
