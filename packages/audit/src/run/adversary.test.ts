import { type Digest, mediaTypes, type RawManifest } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { distributionListing } from '../walk/distribution-listing.ts'
import {
  cosignManifest,
  cosignTag,
  imageOf,
  indexOf,
  manifestOf,
  openTestBed,
  pushManifest,
  referrerOf,
  rolesOf,
} from './audit-test.fixture.ts'

const none = fallbackTag(`sha256:${'a'.repeat(64)}`)

/** An entry of an index that says of a manifest that it is evidence about another one, as BuildKit writes it. */
const attestingEntry = ({ descriptor }: RawManifest, about: Digest) => ({
  ...descriptor,
  platform: { os: 'unknown', architecture: 'unknown' },
  annotations: {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': about,
  },
})

describe('an image whose layers are said to be documents', () => {
  it('is an image under a tag of its own', async () => {
    await using bed = await openTestBed()
    const raw = cosignManifest('hidden', 'application/vnd.in-toto+json')
    await pushManifest(bed.repository('app'), raw, 'v1')
    const { id } = await bed.run()
    expect(rolesOf(await bed.records(id))).toEqual({ [`app@${raw.descriptor.digest}`]: 'image unsigned' })
  })

  it('is an image under a tag of its own beside one of cosign', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const raw = cosignManifest('hidden')
    await pushManifest(app, raw, `${none}.sig`)
    await pushManifest(app, raw, 'v1')
    expect((await bed.run()).classes).toEqual({ unsigned: 1 })
  })

  it('is none where it has no tag: cosign leaves such when it signs again', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const raw = cosignManifest('old')
    await pushManifest(app, raw)
    const { digest } = raw.descriptor
    const listing = distributionListing({ client: bed.client, registry: bed.registry.host })
    const { roles } = await bed.run({
      listing: {
        ...listing,
        lists: 'manifests',
        async *listRepositories() {
          yield 'app'
        },
        async *listManifests() {
          yield { digest, tags: [] }
        },
      },
    })
    expect(roles).toEqual({ artifact: 1 })
  })

  it('is what an index under a fallback tag can run', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const hidden = cosignManifest('hidden')
    await pushManifest(app, hidden)
    const index = manifestOf({ manifests: [hidden.descriptor] }, mediaTypes.ociIndex)
    await app.putManifest(index, { tag: none })
    expect((await bed.run()).roles).toEqual({ index: 1, platform: 1 })
  })

  it.each([
    ['the same index', (plain: object, attesting: object[]) => [[plain, ...attesting]]],
    ['the same index, said first', (plain: object, attesting: object[]) => [[...attesting, plain]]],
    ['another index', (plain: object, attesting: object[]) => [[plain], attesting]],
  ])('is what an index lists as an image, though %s says that it attests', async (_, lists) => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const hidden = cosignManifest('hidden', 'application/vnd.in-toto+json')
    const image = imageOf('attested')
    await pushManifest(app, hidden)
    await pushImage(app, image)
    const { descriptor } = image.raw
    const attesting = attestingEntry(hidden, descriptor.digest)
    const plain = { ...hidden.descriptor, platform: { os: 'linux', architecture: 'amd64' } }
    for (const [at, manifests] of lists(plain, [attesting, descriptor]).entries())
      await app.putManifest(manifestOf({ manifests }, mediaTypes.ociIndex), { tag: `${at}` })
    const { id } = await bed.run()
    expect(rolesOf(await bed.records(id))[`app@${hidden.descriptor.digest}`]).toBe('platform unsigned')
  })

  it('is evidence where each index says that it attests', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const attestation = cosignManifest('attestation', 'application/vnd.in-toto+json')
    const image = imageOf('attested')
    await pushManifest(app, attestation)
    await pushImage(app, image)
    const { descriptor } = image.raw
    const attesting = attestingEntry(attestation, descriptor.digest)
    for (const name of ['a', 'b']) {
      const manifests = [descriptor, attesting]
      await app.putManifest(manifestOf({ manifests, annotations: { name } }, mediaTypes.ociIndex), {
        tag: name,
      })
    }
    expect((await bed.run()).roles).toEqual({ index: 2, platform: 1, evidence: 1 })
  })

  it('is what an index lists without saying that it attests', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const hidden = cosignManifest('hidden')
    await pushManifest(app, hidden)
    const index = manifestOf(
      { manifests: [{ ...hidden.descriptor, platform: { os: 'linux', architecture: 'amd64' } }] },
      mediaTypes.ociIndex,
    )
    await app.putManifest(index, { tag: '1' })
    expect((await bed.run()).roles).toEqual({ index: 1, platform: 1 })
  })
})

it.each([
  'application/octet-stream',
  'application/json',
  'text/html',
  'application/vnd.oci.image.config.v2+json',
])('an image with a configuration of type %s, which Docker runs, is an image', async (mediaType) => {
  await using bed = await openTestBed()
  const app = bed.repository('app')
  const image = imageOf('odd')
  await pushImage(app, image)
  const { config, layers } = JSON.parse(Buffer.from(image.raw.bytes).toString()) as {
    config: object
    layers: object[]
  }
  await app.putManifest(manifestOf({ config: { ...config, mediaType }, layers }), { tag: '1' })
  const { classes } = await bed.run({ filters: { tags: ['1'] } })
  expect(classes).toEqual({ unsigned: 1 })
})

it('an index in an index under fallback tags is an index', async () => {
  await using bed = await openTestBed()
  const app = bed.repository('app')
  const inner = indexOf('inner')
  await pushImage(app, inner, none)
  const outer = manifestOf({ manifests: [inner.raw.descriptor] }, mediaTypes.ociIndex)
  await app.putManifest(outer, { tag: fallbackTag(`sha256:${'b'.repeat(64)}`) })
  expect((await bed.run()).roles).toEqual({ index: 2, platform: 2 })
})

describe('an index', () => {
  it('is judged again when evidence of cosign about what it lists comes or goes', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const index = indexOf('multi')
    await pushImage(app, index, '1')
    await bed.run()
    await pushManifest(app, cosignManifest('sbom'), cosignTag(index.children[0]!, 'att'))
    bed.clock.time++
    bed.classifier.calls.length = 0
    await bed.run()
    expect(bed.classifier.calls).toContain(`app@${index.raw.descriptor.digest}`)
  })

  it('is an error while what it lists can’t be read', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const index = indexOf('multi')
    await pushImage(app, index, '1')
    await pushManifest(app, referrerOf(index.raw, 'signature'))
    const child = index.children[0]!.descriptor.digest
    bed.registry.setRequestHook(({ reference }) =>
      reference === child ? { type: 'respond', status: 403 } : undefined,
    )
    const { id } = await bed.run()
    const records = rolesOf(await bed.records(id))
    expect(records[`app@${child}`]).toBe('unread error')
    expect(records[`app@${index.raw.descriptor.digest}`]).toBe('index error')
  })
})

describe('an audit that goes on', () => {
  it('does not go on with another choice of repositories', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('one'), imageOf('one'), '1')
    await pushImage(bed.repository('two'), imageOf('two'), '1')
    const listing = (...repositories: string[]) =>
      distributionListing({ client: bed.client, registry: bed.registry.host, repositories })
    await expect(bed.run({ listing: listing('one'), maxRequests: 1 })).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
    })
    const { repositories } = await bed.run({ listing: listing('one', 'two') })
    expect(repositories.audited).toBe(2)
  })

  it('does not end well when another audit of the registry has taken its work away', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('one'), '1')
    let other: Promise<unknown> | undefined
    const run = bed.run({
      classifier: async (subject, options) => {
        other ??= bed.run({ filters: { repositories: ['nothing'] } })
        await other
        return bed.classifier(subject, options)
      },
    })
    await expect(run).rejects.toMatchObject({ name: 'AuditError' })
  })

  it('is not one whose work another has dropped, though the clock was set back', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('one'), '1')
    const failing = { classifier: () => Promise.reject(new Error('stop')), maxRequests: 3 }
    await expect(bed.run(failing)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    bed.clock.time -= 1000
    await bed.run({ filters: { repositories: ['nothing'] } })
    expect((await bed.run()).classes).toEqual({ unsigned: 1 })
  })
})

it('the same bytes as another type of manifest are read anew', async () => {
  await using bed = await openTestBed()
  const parsed = JSON.parse(Buffer.from(cosignManifest('a', mediaTypes.ociLayer).bytes).toString()) as {
    readonly config: object
  }
  const fields = { ...parsed, mediaType: undefined, config: { ...parsed.config, mediaType: 'a/b' } }
  const raw = manifestOf(fields)
  await pushManifest(bed.repository('a'), raw, '1')
  const docker = { ...raw, descriptor: { ...raw.descriptor, mediaType: mediaTypes.dockerManifest } }
  await pushManifest(bed.repository('b'), docker, '1')
  const { id } = await bed.run({ concurrency: 1 })
  const { digest } = raw.descriptor
  expect(rolesOf(await bed.records(id))).toEqual({
    [`a@${digest}`]: 'artifact',
    [`b@${digest}`]: 'image unsigned',
  })
})
