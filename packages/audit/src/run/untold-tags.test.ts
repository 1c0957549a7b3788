import { pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import type { ListedManifest, RegistryListing, UnlistedTag } from '../ports/registry-listing.ts'
import {
  cosignManifest,
  cosignTag,
  imageOf,
  openTestBed,
  pushManifest,
  rolesOf,
  type TestBed,
} from './audit-test.fixture.ts'

/** A registry's own interface, which tells what it likes. */
function ownListing(bed: TestBed, told: readonly (ListedManifest | UnlistedTag)[]): RegistryListing {
  return {
    registry: bed.registry.host,
    name: 'own',
    lists: 'manifests',
    estimateRequests: () => 2,
    async *listRepositories() {
      yield 'app'
    },
    async *listManifests() {
      yield* told
    },
  }
}

describe('what a listing does not tell of, and the registry serves', () => {
  it('is judged: an image under a tag that looks like a signature, or with a type that anybody can write', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const [told, hidden, other] = [imageOf('told'), imageOf('hidden'), imageOf('other')]
    await pushImage(app, told, 'v1')
    await pushImage(app, hidden, cosignTag(told.raw))
    await pushImage(app, other, 'v2')
    const { id, tags } = await bed.run({
      listing: ownListing(bed, [{ digest: told.raw.descriptor.digest, tags: ['v1'] }]),
    })
    expect(tags).toBe(3)
    const records = rolesOf(await bed.records(id))
    expect(Object.keys(records)).toHaveLength(3)
    for (const { raw } of [hidden, other])
      expect(records[`app@${raw.descriptor.digest}`]).toBe('image unsigned')
  })

  it('is evidence under its tag, which is looked at anew when it moves', async () => {
    await using bed = await openTestBed({ referrersApi: false })
    const app = bed.repository('app')
    const image = imageOf('signed')
    await pushImage(app, image, 'v1')
    const listing = ownListing(bed, [{ digest: image.raw.descriptor.digest, tags: ['v1'] }])
    expect((await bed.run({ listing })).classes).toEqual({ unsigned: 1 })
    await pushManifest(app, cosignManifest('signature'), cosignTag(image.raw))
    bed.clock.time++
    expect(await bed.run({ listing })).toMatchObject({
      classes: { compliant: 1 },
      roles: { image: 1, evidence: 1 },
    })
  })

  it('is asked for with one list a repository when nothing is left out', async () => {
    await using bed = await openTestBed({ referrersApi: false })
    const image = imageOf('a')
    await pushImage(bed.repository('app'), image, 'v1')
    const listing = ownListing(bed, [{ digest: image.raw.descriptor.digest, tags: ['v1'] }])
    await bed.run({ listing })
    bed.registry.clearRequests()
    bed.clock.time++
    expect((await bed.run({ listing })).requests).toBe(1)
    expect(bed.registry.requests.map(({ path }) => path)).toEqual(['/v2/app/tags/list'])
  })

  it('is an error where nobody can say what is there', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    await pushImage(app, imageOf('a'), 'v1')
    bed.registry.setRequestHook(({ reference }) =>
      reference === 'v1' ? { type: 'respond', status: 403 } : undefined,
    )
    expect((await bed.run({ listing: ownListing(bed, []) })).classes).toEqual({ error: 1 })
  })

  it('is not known where the list of tags is hidden, and that is said', async () => {
    await using bed = await openTestBed()
    const image = imageOf('a')
    await pushImage(bed.repository('app'), image, 'v1')
    bed.registry.setRequestHook(({ path }) =>
      path.includes('/tags/list') ? { type: 'respond', status: 404 } : undefined,
    )
    const listing = ownListing(bed, [{ digest: image.raw.descriptor.digest, tags: ['v1'] }])
    expect((await bed.run({ listing })).repositories).toMatchObject({ audited: 0, failed: 1 })
  })

  it('is left out by filters all the same', async () => {
    await using bed = await openTestBed()
    const [told, hidden] = [imageOf('told'), imageOf('hidden')]
    await pushImage(bed.repository('app'), told, 'v1')
    await pushImage(bed.repository('app'), hidden, 'dev')
    const listing = ownListing(bed, [{ digest: told.raw.descriptor.digest, tags: ['v1'] }])
    expect((await bed.run({ listing, filters: { tags: ['v*'] } })).classes).toEqual({ unsigned: 1 })
  })
})
