import { describe, expect, it } from 'vitest'
import { dockerHubListing } from './docker-hub-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledRepository, tagsOf } from './listing-content.fixture.ts'
import { type DoubleAnswer, pageOf, startServiceDouble } from './service-double.fixture.ts'

const secret = 'dckr_pat_token-of-the-audit'

/** Docker Hub's API: a token for a token, numbered pages with a count and a whole URL of the next one. */
async function startHub(content: DoubledRepository[]) {
  return startServiceDouble(({ method, path, query, header, body }, origin) => {
    if (path === '/v2/auth/token' && method === 'POST') {
      const sent = JSON.parse(body) as { readonly identifier: string; readonly secret: string }
      const good = sent.identifier === 'acme' && sent.secret === secret
      return { signIn: true, status: good ? 200 : 401, json: { access_token: 'hub-jwt-of-the-audit' } }
    }
    if (header('authorization') !== 'Bearer hub-jwt-of-the-audit')
      return { status: 401, json: { detail: 'no' } }
    const paged = (all: readonly unknown[]): DoubleAnswer => {
      const page = Number(query.get('page'))
      const size = Math.min(100, Number(query.get('page_size')))
      const next = all.length > page * size ? `${origin}${path}?page=${page + 1}&page_size=${size}` : null
      return { json: { count: all.length, next, previous: null, results: pageOf(all, page, size) } }
    }
    if (path === '/v2/namespaces/acme/repositories')
      return paged(
        content.map(({ name }) => ({ name: flat(name), namespace: 'acme', repository_type: 'image' })),
      )
    const found = content.find(({ name }) => path === `/v2/namespaces/acme/repositories/${flat(name)}/tags`)
    if (found === undefined) return { status: 404, json: { message: 'object not found' } }
    return paged(
      tagsOf(found).map(({ tag, digest, size, pushedAt, pulledAt, mediaType }) => ({
        id: 1,
        name: tag,
        full_size: size,
        images: [{ architecture: 'amd64', os: 'linux', digest: `sha256:${'a'.repeat(64)}`, size }],
        last_updated: pushedAt.toISOString().replace('Z', '400Z'),
        tag_status: 'active',
        tag_last_pushed: pushedAt.toISOString().replace('Z', '400Z'),
        tag_last_pulled: pulledAt?.toISOString() ?? null,
        media_type: mediaType,
        content_type: 'image',
        digest,
      })),
    )
  })
}

/** Repositories of Docker Hub have one part below their namespace. */
function flat(name: string): string {
  return name.replace('/', '-')
}

describeListingContract('dockerHubListing', {
  pages: { repositories: 100, manifests: 100 },
  tells: ['size', 'pushedAt', 'pulledAt', 'mediaType'],
  secrets: [secret, 'hub-jwt-of-the-audit'],
  async start(content, options) {
    const double = await startHub(content)
    const login = { username: 'acme', password: secret }
    const listing = dockerHubListing({ ...options, namespaces: ['acme'], login, origin: double.origin })
    return { double, listing, pathOf: (name) => `acme/${flat(name)}` }
  },
})

describe('dockerHubListing', () => {
  it('does not take the digest of a platform for that of a tag', async () => {
    await using double = await startServiceDouble(() => ({
      json: {
        count: 1,
        next: null,
        results: [{ name: 'old', images: [{ digest: `sha256:${'a'.repeat(64)}` }] }],
      },
    }))
    const listing = dockerHubListing({ namespaces: ['library'], origin: double.origin })
    expect(listing.registry).toBe('docker.io')
    expect(await Array.fromAsync(listing.listManifests('library/app'))).toMatchObject([
      { tag: 'old', code: 'DIGEST_MISSING' },
    ])
    await listing.close()
  })

  it('counts the pages itself, wherever the next one is said to be', async () => {
    await using double = await startServiceDouble(({ query }) => {
      const page = Number(query.get('page'))
      const next = page === 1 ? 'https://elsewhere.example/steal' : null
      return { json: { count: 2, next, results: [{ namespace: 'acme', name: `app-${page}` }] } }
    })
    const listing = dockerHubListing({ namespaces: ['acme'], origin: double.origin })
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['acme/app-1', 'acme/app-2'])
    await listing.close()
  })

  it('says that it could not sign in, without the secret', async () => {
    await using double = await startHub([])
    const login = { username: 'acme', password: 'another-secret-of-somebody' }
    const listing = dockerHubListing({ namespaces: ['acme'], login, origin: double.origin })
    const error = await Array.fromAsync(listing.listRepositories()).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'LISTING_FAILED', status: 401 })
    expect((error as Error).message).toContain('could not sign in')
    expect(String(error)).not.toContain('another-secret')
    await listing.close()
  })
})
