import { describe, expect, it } from 'vitest'
import { artifactoryListing } from './artifactory-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledManifest, type DoubledRepository, manifestOf } from './listing-content.fixture.ts'
import { afterKey, startServiceDouble } from './service-double.fixture.ts'

const token = 'artifactory-identity-token-of-the-audit'

/** Docker repositories of Artifactory: a catalog, and AQL over the files of manifests, below folders by tag or digest. */
async function startArtifactory(content: DoubledRepository[]) {
  return startServiceDouble(({ method, path, query, header, body }) => {
    if (header('authorization') !== `Bearer ${token}`)
      return { status: 401, json: { errors: [{ status: 401, message: 'Bad credentials' }] } }
    if (path === '/artifactory/api/docker/prod-docker/v2/_catalog') {
      const { page, next } = afterKey(
        content,
        ({ name }) => name,
        query.get('last') ?? '',
        Number(query.get('n')),
      )
      // The first part of the path is missing, as it is in Artifactory.
      const headers = next === undefined ? {} : { link: `</v2/_catalog?last=${next}&n=1000>; rel="next"` }
      return { json: { repositories: page.map(({ name }) => name) }, headers }
    }
    if (path !== '/artifactory/api/search/aql' || method !== 'POST')
      return { status: 404, json: { errors: [] } }
    const parsed =
      /^items\.find\((\{.+\})\)\.include\([\w",]+\)\.sort\(\{"\$asc":\["path","name"\]\}\)\.offset\((\d+)\)\.limit\((\d+)\)$/.exec(
        body,
      )
    const { repo, path: folder } = JSON.parse(parsed?.[1] ?? '{}') as {
      repo?: string
      path?: { $match: string }
    }
    if (repo !== 'prod-docker' || folder === undefined) return { status: 400, body: 'Failed to parse query' }
    const items = content.flatMap(({ name, manifests }) => manifests.flatMap((each) => toItems(name, each)))
    const matched = items
      .filter((item) => item.path.startsWith(folder.$match.slice(0, -1)))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
    const [offset, limit] = [Number(parsed?.[2]), Number(parsed?.[3])]
    const results = matched.slice(offset, offset + limit)
    return {
      json: {
        results,
        range: { start_pos: offset, end_pos: offset + results.length, total: results.length, limit },
      },
    }
  })
}

function toItems(image: string, { digest, tags, pushedAt, mediaType }: DoubledManifest) {
  const folders = tags.length === 0 ? [digest.replace(':', '__')] : tags
  return folders.map((folder) => ({
    repo: 'prod-docker',
    path: `${image}/${folder}`,
    name: mediaType.includes('index') ? 'list.manifest.json' : 'manifest.json',
    created: pushedAt.toISOString(),
    sha256: digest.slice('sha256:'.length),
  }))
}

describeListingContract('artifactoryListing', {
  pages: { repositories: 1000, manifests: 1000 },
  tells: ['pushedAt'],
  secrets: [token],
  async start(content, options) {
    const double = await startArtifactory(content)
    const listing = artifactoryListing({
      ...options,
      registry: double.host,
      origin: `${double.origin}/artifactory`,
      repositories: ['prod-docker'],
      token,
    })
    return { double, listing, pathOf: (name) => `prod-docker/${name}` }
  },
})

describe('artifactoryListing', () => {
  it('keeps images below an image apart, and names them by host where that is so', async () => {
    const content = [
      { name: 'app', manifests: [manifestOf(1)] },
      { name: 'app/debug', manifests: [manifestOf(2)] },
    ]
    await using double = await startArtifactory(content)
    const listing = artifactoryListing({
      registry: 'prod-docker.acme.example',
      origin: `${double.origin}/artifactory/`,
      repositories: ['prod-docker'],
      naming: 'host',
      token,
    })
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['app', 'app/debug'])
    expect(await Array.fromAsync(listing.listManifests('app'))).toMatchObject([{ tags: ['v1'] }])
    expect(await Array.fromAsync(listing.listManifests('app/debug'))).toMatchObject([{ tags: ['v2'] }])
    await listing.close()
  })

  it('goes on after a page that permissions made short, and fails when results are cut', async () => {
    let cut = false
    await using double = await startServiceDouble(({ body }) => {
      const offset = Number(/offset\((\d+)\)/.exec(body)?.[1])
      const results = offset < 3000 ? toItems('app', manifestOf(offset)) : []
      const notification = cut
        ? { notification: 'AQL query reached the search hard limit, results are trimmed.' }
        : {}
      return {
        json: {
          results,
          range: { start_pos: offset, end_pos: offset + 1, total: 1, limit: 1000, ...notification },
        },
      }
    })
    const listing = artifactoryListing({
      registry: double.host,
      origin: double.origin,
      repositories: ['prod-docker'],
      login: { username: 'audit', password: async () => 'secret' },
    })
    expect(await Array.fromAsync(listing.listManifests('prod-docker/app'))).toHaveLength(3)
    expect(double.requests[0]?.header('authorization')).toBe(
      `Basic ${Buffer.from('audit:secret').toString('base64')}`,
    )
    cut = true
    await expect(Array.fromAsync(listing.listManifests('prod-docker/app'))).rejects.toMatchObject({
      code: 'LISTING_FAILED',
    })
    await expect(Array.fromAsync(listing.listManifests('other/app'))).rejects.toMatchObject({
      code: 'LISTING_INVALID',
    })
    await listing.close()
  })

  it('reads digests from folders where Artifactory has not counted them, and says where there are none', async () => {
    const hex = manifestOf(1).digest.slice(7)
    const item = {
      repo: 'prod-docker',
      name: 'manifest.json',
      created: '2026-01-05T13:00:00.000+01:00',
      sha256: null,
    }
    await using double = await startServiceDouble(({ body }) => ({
      json: {
        results: body.includes('offset(0)')
          ? [
              { ...item, path: `app/sha256:${hex}` },
              { ...item, path: 'app/v1' },
            ]
          : [],
        range: { start_pos: 0, end_pos: 2, total: 2 },
      },
    }))
    const options = { registry: double.host, origin: double.origin, repositories: ['prod-docker'], token }
    const listing = artifactoryListing(options)
    expect(await Array.fromAsync(listing.listManifests('prod-docker/app'))).toEqual([
      { digest: `sha256:${hex}`, tags: [], pushedAt: '2026-01-05T12:00:00.000Z' },
      { tag: 'v1', code: 'DIGEST_MISSING', message: expect.any(String) as string },
    ])
    await listing.close()
    const create = () => artifactoryListing({ ...options, repositories: ['one', 'two'], naming: 'host' })
    expect(create).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }) as Error)
  })
})
