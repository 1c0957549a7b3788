import { mediaTypes } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import {
  fillRegistry,
  cosignManifest,
  cosignTag,
  imageOf,
  indexOf,
  manifestOf,
  openTestBed,
  pushManifest,
  referrerOf,
  rolesOf,
  type TestBed,
} from './audit-test.fixture.ts'

/** The lists that a registry without the API has under fallback tags. */
function addLists(bed: TestBed, expected: Record<string, string>): void {
  const { tags } = bed.registry.snapshot()['team/app']!
  for (const [tag, digest] of Object.entries(tags)) {
    if (/^sha256-[0-9a-f]{64}$/.test(tag)) expected[`team/app@${digest}`] = 'evidence'
  }
}

describe('an audit', () => {
  it.each([
    ['with the referrers API', {}],
    ['without the referrers API', { referrersApi: false }],
    ['that answers no HEAD', { manifestHeadMissing: true }],
  ])('finds each manifest of a registry %s once, and what it is', async (_, quirks) => {
    await using bed = await openTestBed(quirks)
    const expected = await fillRegistry(bed)
    addLists(bed, expected)
    const summary = await bed.run()
    const records = await bed.records(summary.id)
    expect(rolesOf(records)).toEqual(expected)
    expect(records).toHaveLength(Object.keys(expected).length)
    const tags = Object.values(bed.registry.snapshot()).flatMap((each) => Object.keys(each.tags))
    expect(summary).toMatchObject({
      registry: bed.registry.host,
      listing: 'distribution',
      startedAt: '2026-11-26T12:00:00.000Z',
      finishedAt: '2026-11-26T12:00:00.000Z',
      repositories: { audited: 2, skipped: 0, failed: 0, failures: [] },
      tags: tags.length,
      manifests: records.length,
      classes: { compliant: 5, unsigned: 4 },
      examined: 9,
      reused: 0,
    })
    expect(bed.registry.requests.some(({ method, kind }) => method === 'GET' && kind === 'blob')).toBe(false)
  })

  it('says of names in the catalog that can be none that they were not audited', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'), '1')
    const catalog = ['app', 'Team/App', '../v2', `app\u0000`, 'a'.repeat(300)]
    bed.registry.setRequestHook(({ kind }) =>
      kind === 'catalog'
        ? { type: 'respond', status: 200, body: JSON.stringify({ repositories: catalog }) }
        : undefined,
    )
    const { repositories, tags } = await bed.run()
    expect(tags).toBe(1)
    expect(repositories).toMatchObject({ audited: 1, failed: 4 })
    expect(repositories.failures.map(({ repository, code }) => [repository.slice(0, 8), code])).toEqual([
      ['../v2', 'REFERENCE_INVALID'],
      ['Team/App', 'REFERENCE_INVALID'],
      ['aaaaaaaa', 'REFERENCE_INVALID'],
      ['app\\u{0}', 'REFERENCE_INVALID'],
    ])
  })

  it('tells tags, platforms, parents and children', async () => {
    await using bed = await openTestBed()
    await fillRegistry(bed)
    const index = indexOf('multi')
    const { id } = await bed.run()
    const records = await bed.records(id)
    const find = (digest: string) => records.find((record) => record.digest === digest)
    expect(find(imageOf('plain').raw.descriptor.digest)).toMatchObject({
      tags: ['1', 'latest'],
      mediaType: mediaTypes.ociManifest,
      config: imageOf('plain').blobs[0]!.digest,
    })
    expect(find(index.raw.descriptor.digest)).toMatchObject({
      tags: ['4'],
      children: index.children.map((child) => child.descriptor.digest),
    })
    expect(find(index.children[1]!.descriptor.digest)).toMatchObject({
      tags: [],
      platform: { os: 'linux', architecture: 'arm64' },
      parents: [index.raw.descriptor.digest],
    })
    expect(find(index.children[0]!.descriptor.digest)?.parents).toHaveLength(2)
    expect(find(referrerOf(index.raw, 'of index').descriptor.digest)?.parents).toEqual([
      index.raw.descriptor.digest,
    ])
  })

  it('reads the records by repository, role and class', async () => {
    await using bed = await openTestBed()
    await fillRegistry(bed)
    const { id } = await bed.run()
    const count = async (filter: Parameters<typeof bed.state.archive.records>[1]): Promise<number> => {
      let found = 0
      for await (const _ of bed.state.archive.records(id, filter)) found++
      return found
    }
    expect(await count({ repository: 'other/app' })).toBe(1)
    expect(await count({ role: 'platform' })).toBe(2)
    expect(await count({ class: 'unsigned' })).toBe(4)
    expect(await count({ class: 'unsigned', repository: 'other/app', role: 'image' })).toBe(1)
    await expect(async () => {
      for await (const _ of bed.state.archive.records('unknown'));
    }).rejects.toMatchObject({ code: 'AUDIT_UNKNOWN' })
  })
})

describe('what hides behind the form of evidence', () => {
  it.each([
    ['under a tag of cosign', (image: ReturnType<typeof imageOf>) => cosignTag(image.raw)],
    ['under a fallback tag', () => fallbackTag(`sha256:${'a'.repeat(64)}`)],
  ])('is an image all the same %s', async (_, tagOf) => {
    await using bed = await openTestBed()
    const image = imageOf('hidden')
    await pushImage(bed.repository('app'), image, tagOf(imageOf('some')))
    const { id } = await bed.run()
    expect(rolesOf(await bed.records(id))[`app@${image.raw.descriptor.digest}`]).toBe('image unsigned')
  })

  it('is an index when what it lists can be run', async () => {
    await using bed = await openTestBed()
    const index = indexOf('hidden')
    await pushImage(bed.repository('app'), index, fallbackTag(`sha256:${'a'.repeat(64)}`))
    const { roles, classes } = await bed.run()
    expect(roles).toEqual({ index: 1, platform: 2 })
    expect(classes).toEqual({ unsigned: 3 })
  })

  it('is an image although it names a subject', async () => {
    await using bed = await openTestBed({})
    const app = bed.repository('app')
    const subject = imageOf('subject')
    await pushImage(app, subject, '1')
    const image = imageOf('referrer')
    const manifest = JSON.parse(Buffer.from(image.raw.bytes).toString()) as Record<string, unknown>
    const raw = manifestOf({ ...manifest, artifactType: 'application/x', subject: subject.raw.descriptor })
    await pushImage(app, { ...image, raw })
    const { id } = await bed.run()
    expect(rolesOf(await bed.records(id))[`app@${raw.descriptor.digest}`]).toBe('image unsigned')
  })
})

describe('attestations that BuildKit puts into an index', () => {
  it('are evidence about the platform', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const image = imageOf('built')
    await pushImage(app, image)
    const attestation = cosignManifest('provenance', 'application/vnd.in-toto+json')
    await pushManifest(app, attestation)
    const index = manifestOf(
      {
        manifests: [
          { ...image.raw.descriptor, platform: { os: 'linux', architecture: 'amd64' } },
          {
            ...attestation.descriptor,
            platform: { os: 'unknown', architecture: 'unknown' },
            annotations: {
              'vnd.docker.reference.type': 'attestation-manifest',
              'vnd.docker.reference.digest': image.raw.descriptor.digest,
            },
          },
        ],
      },
      mediaTypes.ociIndex,
    )
    await app.putManifest(index, { tag: '1' })
    const { id, roles } = await bed.run()
    expect(roles).toEqual({ evidence: 1, index: 1, platform: 1 })
    const found = (await bed.records(id)).find((record) => record.role === 'evidence')
    expect(found?.parents).toEqual([image.raw.descriptor.digest])
  })
})

describe('what can’t be read', () => {
  it('is an error of the index when a child is missing, and mends with it', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const index = indexOf('sparse')
    await pushImage(app, index, '1')
    await app.deleteManifest(index.children[0]!.descriptor.digest)
    const broken = await bed.run()
    expect(broken.classes).toEqual({ error: 1, unsigned: 1 })
    const record = (await bed.records(broken.id)).find(({ role }) => role === 'index')
    expect(record?.problems[0]).toMatchObject({ class: 'error', code: 'CHILD_MISSING' })
    await pushImage(app, index, '1')
    expect((await bed.run()).classes).toEqual({ unsigned: 3 })
  })

  it('is an unread manifest, and an unread tag', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const image = imageOf('unread')
    await pushImage(app, imageOf('fine'), '2')
    // A repository that was seen before is asked for digests first.
    await bed.run()
    await pushImage(app, image, '1')
    await pushImage(app, imageOf('hidden'), '3')
    bed.registry.setRequestHook(({ reference, method }) =>
      reference === '3' || (reference === image.raw.descriptor.digest && method === 'GET')
        ? { type: 'respond', status: 403 }
        : undefined,
    )
    const summary = await bed.run()
    expect(summary).toMatchObject({
      tags: 3,
      roles: { image: 1, unread: 2 },
      classes: { error: 2, unsigned: 1 },
    })
    const unread = (await bed.records(summary.id)).filter(({ role }) => role === 'unread')
    expect(unread).toMatchObject([
      { tags: ['3'], class: 'error', problems: [{ code: 'DENIED' }] },
      { tags: ['1'], digest: image.raw.descriptor.digest, problems: [{ code: 'DENIED' }] },
    ])
    expect(unread[0]).not.toHaveProperty('digest')
    bed.registry.setRequestHook(undefined)
    expect((await bed.run()).roles).toEqual({ image: 3 })
  })

  it('is evidence that a filter leaves out and that could not be told: an error of its image', async () => {
    await using bed = await openTestBed()
    const app = bed.repository('app')
    const [image, other] = [imageOf('signed'), imageOf('other')]
    await pushImage(app, image, 'v1')
    await pushImage(app, other, 'old')
    const hidden = [image, other].map(({ raw }) => cosignTag(raw))
    for (const [at, tag] of hidden.entries()) await pushManifest(app, cosignManifest(`${at}`), tag)
    bed.registry.setRequestHook(({ reference = '' }) =>
      hidden.includes(reference) ? { type: 'respond', status: 403 } : undefined,
    )
    const { classes, roles } = await bed.run({ filters: { tags: ['v*'] } })
    expect({ classes, roles }).toEqual({ classes: { error: 1 }, roles: { image: 1 } })
    bed.registry.setRequestHook(undefined)
    expect((await bed.run({ filters: { tags: ['v*'] } })).classes).toEqual({ compliant: 1 })
  })

  it('is a repository in the list of failures', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('fine'), imageOf('fine'), '1')
    await pushImage(bed.repository('broken'), imageOf('broken'), '1')
    bed.registry.setRequestHook(({ kind, repository }) =>
      kind === 'tags' && repository === 'broken' ? { type: 'respond', status: 500 } : undefined,
    )
    const { repositories, finishedAt } = await bed.run()
    expect(repositories).toMatchObject({
      audited: 1,
      failed: 1,
      failures: [{ repository: 'broken', code: 'REGISTRY_ERROR' }],
    })
    expect(finishedAt).toBeDefined()
  })

  it('is a registry whose catalog fails', async () => {
    await using bed = await openTestBed()
    bed.registry.setRequestHook(({ kind }) =>
      kind === 'catalog' ? { type: 'respond', status: 403 } : undefined,
    )
    await expect(bed.run()).rejects.toMatchObject({ name: 'AuditError', code: 'LISTING_FAILED' })
    expect(await bed.state.archive.audits()).toMatchObject([{ manifests: 0 }])
    expect((await bed.state.archive.audits())[0]).not.toHaveProperty('finishedAt')
  })

  it('is an error of one image when its classifier throws, and tried again by the next audit', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('app'), imageOf('a'), '1')
    await pushImage(bed.repository('app'), imageOf('b'), '2')
    const bad = imageOf('b').raw.descriptor.digest
    const first = await bed.run({
      classifier: (subject, options) => {
        if (subject.raw.descriptor.digest === bad) throw new TypeError('no such field')
        return bed.classifier(subject, options)
      },
    })
    expect(first.classes).toEqual({ error: 1, unsigned: 1 })
    expect(await bed.run()).toMatchObject({ classes: { unsigned: 2 }, examined: 1, reused: 1 })
  })
})

describe('hostile names', () => {
  it('of repositories are failures, of tags are kept as they are', async () => {
    await using bed = await openTestBed()
    const image = imageOf('app')
    await pushImage(bed.repository('app'), image, '1')
    const evil = ['../../etc', 'UPPER', '=cmd()', '\u001b[31m', 'app']
    const tag = '"><script>=1+1\u001b]0;x\u0007'
    const listing = {
      ...bed.options().listing,
      async *listRepositories() {
        yield* evil
      },
      async *listManifests() {
        yield { digest: image.raw.descriptor.digest, tags: [tag] }
        yield { digest: 'sha256:short' as never, tags: ['x'] }
        yield { tag: 'y', code: 'DENIED', message: 'no' }
      },
    }
    const { id, repositories, roles, tags } = await bed.run({ listing })
    expect(repositories).toMatchObject({ audited: 1, failed: 4 })
    expect(repositories.failures.map(({ code }) => code)).toEqual(Array(4).fill('REFERENCE_INVALID'))
    expect(roles).toEqual({ image: 1, unread: 2 })
    expect(tags).toBe(3)
    const image1 = (await bed.records(id)).find(({ role }) => role === 'image')
    expect(image1?.tags).toEqual([tag])
  })
})
