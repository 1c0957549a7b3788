import { pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { imageOf, openTestBed } from '../run/audit-test.fixture.ts'
import { distributionListing } from './distribution-listing.ts'

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('distributionListing', () => {
  it('lists the catalog, or what is named, each once, with a prefix', async () => {
    await using bed = await openTestBed()
    for (const name of ['team/a', 'team/b', 'other'])
      await pushImage(bed.repository(name), imageOf(name), '1')
    const { client } = bed
    const registry = bed.registry.host
    const list = (more: object) => all(distributionListing({ client, registry, ...more }).listRepositories())
    expect(await list({})).toEqual(['other', 'team/a', 'team/b'])
    expect(await list({ prefix: 'team/' })).toEqual(['team/a', 'team/b'])
    expect(await list({ repositories: ['team/b', 'team/b', 'x'], prefix: 'team/' })).toEqual(['team/b'])
  })

  it('lists tags in the order of the registry with at most so many HEADs at once, and not what is known', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const image = imageOf('a')
    await pushImage(app, image)
    const tags = Array.from({ length: 30 }, (_, at) => `t${String(at).padStart(2, '0')}`)
    for (const tag of tags) await app.putManifest(image.raw, { tag })
    let running = 0
    let most = 0
    const headManifest: typeof app.headManifest = async (...given) => {
      most = Math.max(most, ++running)
      return app.headManifest(...given).finally(() => running--)
    }
    const client = { ...bed.client, repository: () => ({ ...app, headManifest }) }
    const listing = distributionListing({ client, registry: bed.registry.host, concurrency: 3 })
    const listed = await all(listing.listManifests('app'))
    expect(listed.map((each) => ('tags' in each ? each.tags[0] : each.tag))).toEqual(tags)
    expect(most).toBe(3)
    expect(await all(listing.listManifests('app', { known: new Set(tags.slice(1)) }))).toEqual([
      { digest: image.raw.descriptor.digest, tags: ['t00'], mediaType: image.raw.descriptor.mediaType },
    ])
  })

  it.each([
    [true, true, 'GET'],
    [true, false, 'HEAD'],
    [false, true, 'HEAD'],
  ])('where all is read (%s) and tags may be (%s), asks by %s', async (readsAll, readsTags, method) => {
    await using bed = await openTestBed()
    const { raw } = imageOf('a')
    await pushImage(bed.repository('app'), imageOf('a'), '1')
    bed.registry.clearRequests()
    const listing = distributionListing({ client: bed.client, registry: bed.registry.host, readsTags })
    const { digest, mediaType } = raw.descriptor
    expect(await all(listing.listManifests('app', { readsAll }))).toEqual([
      { digest, mediaType, tags: ['1'], ...(method === 'GET' && { raw }) },
    ])
    expect(bed.registry.requests.filter(({ kind }) => kind === 'manifest').map((one) => one.method)).toEqual([
      method,
    ])
  })

  it('says which tag it could not tell, and goes on', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    await pushImage(app, imageOf('a'), '1')
    await pushImage(app, imageOf('b'), '2')
    await pushImage(app, imageOf('c'), '3')
    bed.registry.setRequestHook(({ reference }) =>
      reference === '1'
        ? { type: 'respond', status: 500 }
        : reference === '2'
          ? { type: 'respond', status: 404 }
          : undefined,
    )
    const listing = distributionListing({ client: bed.client, registry: bed.registry.host })
    expect(await all(listing.listManifests('app'))).toMatchObject([
      { tag: '1', code: 'REGISTRY_ERROR' },
      { tag: '2', code: 'MANIFEST_NOT_FOUND' },
      { tags: ['3'] },
    ])
  })

  it('says which tags can be none', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'), '1')
    bed.registry.setRequestHook(({ kind }) =>
      kind === 'tags'
        ? { type: 'respond', status: 200, body: JSON.stringify({ tags: ['-x', '1', 'a b'] }) }
        : undefined,
    )
    for (const repositories of [undefined, ['app']]) {
      const listing = distributionListing({ client: bed.client, registry: bed.registry.host, repositories })
      expect(await all(listing.listManifests('app'))).toMatchObject([
        { tags: ['1'] },
        { tag: '-x', code: 'TAG_INVALID' },
        { tag: 'a b', code: 'TAG_INVALID' },
      ])
    }
  })

  it.each([
    ['{"errors":[{"code":"NAME_UNKNOWN"}]}', undefined],
    ['{"errors":[{"code":"DENIED"}]}', 'LISTING_FAILED'],
    ['<html>', 'LISTING_FAILED'],
  ])('a repository of the catalog whose tags are not found, with %s: %s', async (body, code) => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'))
    bed.registry.setRequestHook(({ kind }) =>
      kind === 'tags' ? { type: 'respond', status: 404, body } : undefined,
    )
    const listing = distributionListing({ client: bed.client, registry: bed.registry.host })
    const listed = all(listing.listManifests('app'))
    if (code === undefined) expect(await listed).toEqual([])
    else await expect(listed).rejects.toMatchObject({ code, subject: `${bed.registry.host}/app` })
  })

  it('refuses a named repository without tags: it may be mistyped', async () => {
    await using bed = await openTestBed()
    const registry = bed.registry.host
    const listing = distributionListing({ client: bed.client, registry, repositories: ['typo'] })
    await expect(all(listing.listManifests('typo'))).rejects.toMatchObject({
      code: 'LISTING_FAILED',
      subject: `${registry}/typo`,
    })
  })

  it('ends with the reason of its signal', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'), '1')
    const listing = distributionListing({ client: bed.client, registry: bed.registry.host })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(all(listing.listRepositories({ signal }))).rejects.toThrow('enough')
    await expect(all(listing.listManifests('app', { signal }))).rejects.toThrow('enough')
  })

  it.each([{ concurrency: 0 }, { repositories: [] }])('refuses %o', async (more) => {
    await using bed = await openTestBed()
    expect(() => distributionListing({ client: bed.client, registry: 'a.example', ...more })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
