import { describe, expect, it } from 'vitest'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledRepository, type DoubledTag, manifestOf, tagsOf } from './listing-content.fixture.ts'
import { quayListing } from './quay-listing.ts'
import { afterKey, pageOf, startServiceDouble } from './service-double.fixture.ts'

const token = 'quay-oauth-token-of-the-audit'

/** Quay's API v1: tokens for repositories, numbered pages of tags with `has_additional`, times in seconds. */
async function startQuay(content: DoubledRepository[]) {
  return startServiceDouble(({ path, query, header }) => {
    if (header('authorization') !== `Bearer ${token}`)
      return { status: 401, json: { error_type: 'invalid_token', status: 401 } }
    if (path === '/api/v1/repository') {
      if (query.get('namespace') !== 'acme') return { json: { repositories: [] } }
      const { page, next } = afterKey(content, ({ name }) => name, query.get('next_page') ?? '', 100)
      const repositories = page.map(({ name }) => ({
        namespace: 'acme',
        name,
        description: null,
        is_public: false,
        kind: 'image',
        state: 'NORMAL',
      }))
      return { json: { repositories, ...(next === undefined ? {} : { next_page: next }) } }
    }
    const found = content.find(({ name }) => path === `/api/v1/repository/acme/${name}/tag/`)
    if (found === undefined) return { status: 404, json: { error_type: 'not_found', status: 404 } }
    const page = Number(query.get('page'))
    const size = Math.min(100, Number(query.get('limit')))
    const all = tagsOf(found)
    return {
      json: { tags: pageOf(all, page, size).map(toTag), page, has_additional: all.length > page * size },
    }
  })
}

function toTag({ tag, digest, size, pushedAt }: DoubledTag) {
  return {
    name: tag,
    reversion: false,
    start_ts: pushedAt.getTime() / 1000,
    manifest_digest: digest,
    is_manifest_list: false,
    size,
    last_modified: pushedAt.toUTCString().replace('GMT', '-0000'),
  }
}

describeListingContract('quayListing', {
  pages: { repositories: 100, manifests: 100 },
  tells: ['size', 'pushedAt'],
  secrets: [token],
  async start(content, options) {
    const double = await startQuay(content)
    const listing = quayListing({
      ...options,
      registry: double.host,
      origin: double.origin,
      namespaces: ['acme'],
      token,
    })
    return { double, listing, pathOf: (name) => `acme/${name}` }
  },
})

describe('quayListing', () => {
  const now = new Date('2026-11-26T12:00:00Z')
  const seconds = now.getTime() / 1000
  const tagAt = (index: number) => toTag({ tag: 'v1', ...manifestOf(index) })
  const tags: readonly (Partial<ReturnType<typeof toTag>> & { readonly end_ts?: number })[] = [
    tagAt(1),
    { ...tagAt(2), end_ts: seconds - 60 },
    { ...tagAt(3), name: 'preview', end_ts: seconds + 3600 },
    { name: 'v1', end_ts: seconds - 3600 },
  ]

  it.each([
    [true, [['v1'], [], ['preview']]],
    [false, [['v1'], ['preview']]],
  ])('lists what tags pointed to before, when asked: %s', async (history, expected) => {
    await using double = await startServiceDouble(({ query }) => {
      const active = query.get('onlyActiveTags') === 'true'
      const shown = active ? tags.filter(({ end_ts: end = seconds + 1 }) => end > seconds) : tags
      return { json: { tags: shown, page: 1, has_additional: false } }
    })
    const options = {
      registry: double.host,
      origin: double.origin,
      namespaces: ['acme'],
      clock: { now: () => now },
    }
    const listing = quayListing({ ...options, history })
    const listed = await Array.fromAsync(listing.listManifests('acme/app'))
    expect(listed.map((each) => ('digest' in each ? each.tags : each.code))).toEqual(expected)
    await listing.close()
  })

  it('reads the time of a tag from either form', async () => {
    const { start_ts: _, ...older } = toTag({ tag: 'v1', ...manifestOf(1) })
    await using double = await startServiceDouble(() => ({
      json: { tags: [older], page: 1, has_additional: false },
    }))
    const listing = quayListing({ registry: double.host, origin: double.origin, namespaces: ['acme'] })
    expect(await Array.fromAsync(listing.listManifests('acme/app'))).toMatchObject([
      { pushedAt: manifestOf(1).pushedAt.toISOString() },
    ])
    await listing.close()
  })
})
