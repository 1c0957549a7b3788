import { digestOf } from '@sallyport/core'
import { copy, createRegistryClient, parseReference, toRawManifest } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import type { RegistryQuirks, RequestHook } from '../index.ts'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { startRegistry } from '../registry/start-registry.ts'

const [old, ours, theirs] = ['old', 'ours', 'theirs'].map((text) =>
  createImage({ layers: [{ files: { text } }] }),
) as [ReturnType<typeof createImage>, ReturnType<typeof createImage>, ReturnType<typeof createImage>]
const digests = { old: old.raw.descriptor.digest, ours: ours.raw.descriptor.digest }

/** A registry with three images, of which `stable` is the old one. */
async function withImages(quirks: Partial<RegistryQuirks> = {}) {
  const registry = await startRegistry({ quirks })
  const client = createRegistryClient({ retry: { baseDelayMs: 1 } })
  const repository = client.repository(parseReference(`${registry.host}/team/app`))
  for (const image of [old, ours, theirs]) await pushImage(repository, image)
  await repository.putManifest(old.raw, { tag: 'stable' })
  registry.clearRequests()
  return {
    registry,
    repository,
    at: () => registry.resolve('team/app', 'stable'),
    async [Symbol.asyncDispose]() {
      await client.close()
      await registry.close()
    },
  }
}

describe.each([
  ['that honours conditions', { conditionalRequests: true }],
  ['that ignores conditions', { conditionalRequests: false }],
] as const)('a tag is moved from where it is expected, on a registry %s', (_, quirks) => {
  it('moves a tag from its digest, and makes one that is absent', async () => {
    await using here = await withImages(quirks)
    await here.repository.putManifest(ours.raw, { tag: 'stable', expected: digests.old })
    expect(here.at()).toBe(digests.ours)
    await here.repository.putManifest(ours.raw, { tag: 'new', expected: 'absent' })
    expect(here.registry.resolve('team/app', 'new')).toBe(digests.ours)
  })

  it.each([
    ['another digest is expected', theirs.raw.descriptor.digest],
    ['no tag is expected', 'absent'],
  ] as const)('writes nothing when %s', async (_title, expected) => {
    await using here = await withImages(quirks)
    await expect(here.repository.putManifest(ours.raw, { tag: 'stable', expected })).rejects.toMatchObject({
      code: 'TAG_CONFLICT',
      retryable: false,
    })
    expect(here.at()).toBe(digests.old)
    expect(here.registry.requests.filter(({ method }) => method === 'PUT')).toEqual([])
  })

  it('takes a tag that is at the digest already for moved, and sends nothing', async () => {
    await using here = await withImages(quirks)
    await here.repository.putManifest(ours.raw, { tag: 'stable' })
    here.registry.clearRequests()
    await here.repository.putManifest(ours.raw, { tag: 'stable', expected: digests.old })
    expect(here.registry.requests.map(({ method }) => method)).toEqual(['GET'])
  })

  it('takes a write whose answer was lost for done', async () => {
    await using here = await withImages(quirks)
    let cut = 0
    here.registry.setRequestHook(({ method }) =>
      method === 'PUT' && cut++ === 0
        ? { type: 'alter-response', body: Buffer.from('lost'), truncateAt: 0 }
        : undefined,
    )
    await here.repository.putManifest(ours.raw, { tag: 'stable', expected: digests.old })
    expect(cut).toBe(2)
    expect(here.at()).toBe(digests.ours)
  })

  it.each([
    ['weak', 'W/"1"'],
    ['not quoted', digests.old],
    ['missing', null],
  ])('moves a tag whose ETag is %s', async (_title, etag) => {
    await using here = await withImages(quirks)
    here.registry.setRequestHook(({ method }) =>
      method === 'GET' ? { type: 'alter-response', headers: { etag } } : undefined,
    )
    await here.repository.putManifest(ours.raw, { tag: 'stable', expected: digests.old })
    expect(here.at()).toBe(digests.ours)
  })
})

describe('a writer that comes between', () => {
  /** Moves the tag to another image as soon as the client's n-th request of a kind arrives. */
  const interfere =
    (here: Awaited<ReturnType<typeof withImages>>, method: string, nth: number): RequestHook =>
    async (request) => {
      if (request.method !== method || --nth !== 0) return undefined
      here.registry.setRequestHook(undefined)
      await here.repository.putManifest(theirs.raw, { tag: 'stable' })
      return undefined
    }

  it('wins where conditions are honoured', async () => {
    await using here = await withImages()
    here.registry.setRequestHook(interfere(here, 'PUT', 1))
    await expect(
      here.repository.putManifest(ours.raw, { tag: 'stable', expected: digests.old }),
    ).rejects.toMatchObject({ code: 'TAG_CONFLICT' })
    expect(here.at()).toBe(theirs.raw.descriptor.digest)
  })

  it('is noticed when it writes after us where they are not', async () => {
    await using here = await withImages({ conditionalRequests: false })
    here.registry.setRequestHook(interfere(here, 'GET', 2))
    await expect(
      here.repository.putManifest(ours.raw, { tag: 'stable', expected: digests.old }),
    ).rejects.toMatchObject({ code: 'TAG_CONFLICT' })
    expect(here.at()).toBe(theirs.raw.descriptor.digest)
  })
})

describe('a registry with immutable tags', () => {
  it('makes moving a tag a conflict, and putting the same digest none', async () => {
    await using here = await withImages({ immutableTags: true })
    for (const expected of [undefined, digests.old]) {
      await expect(here.repository.putManifest(ours.raw, { tag: 'stable', expected })).rejects.toMatchObject({
        code: 'TAG_CONFLICT',
        status: 409,
      })
    }
    await here.repository.putManifest(old.raw, { tag: 'stable' })
    expect(here.at()).toBe(digests.old)
  })

  it.each([
    [400, '{"errors":[{"code":"TAG_INVALID","message":"it can not be overwritten"}]}', 'TAG_CONFLICT'],
    [403, '{"errors":[{"code":"DENIED","message":"the tag is immutable"}]}', 'TAG_CONFLICT'],
    [412, '{"errors":[{"code":"PRECONDITION"}]}', 'TAG_CONFLICT'],
    [403, '{"errors":[{"code":"DENIED","message":"no push for you"}]}', 'DENIED'],
    [400, '{"errors":[{"code":"MANIFEST_INVALID"}]}', 'REGISTRY_ERROR'],
  ])('status %d with %s is %s', async (status, body, code) => {
    await using here = await withImages()
    here.registry.setRequestHook(({ method }) =>
      method === 'PUT' ? { type: 'respond', status, body } : undefined,
    )
    for (const expected of [undefined, digests.old]) {
      await expect(here.repository.putManifest(ours.raw, { tag: 'stable', expected })).rejects.toMatchObject({
        code,
        status,
      })
    }
    expect(here.at()).toBe(digests.old)
  })
})

describe('a manifest known by its sha512 digest', () => {
  const digest = digestOf(ours.raw.bytes, 'sha512')
  const long = toRawManifest(ours.raw.bytes, { digest })

  it('is there by that digest too when it is stored under a tag', async () => {
    await using here = await withImages()
    await here.repository.putManifest(long, { tag: 'stable', expected: digests.old })
    expect(here.at()).toBe(digests.ours)
    expect((await here.repository.getManifest(digest)).descriptor.digest).toBe(digest)
  })

  it('keeps that digest in a copy with a tag', async () => {
    await using from = await withImages()
    await using to = await withImages()
    await from.repository.putManifest(long)
    await copy(from.repository, to.repository, { from: digest, tag: 'copied' })
    expect((await to.repository.getManifest(digest)).bytes).toEqual(ours.raw.bytes)
    expect(to.registry.resolve('team/app', 'copied')).toBe(digests.ours)
  })
})
