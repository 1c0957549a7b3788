import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import {
  createRegistryClient,
  fallbackTag,
  parseIndex,
  parseReference,
  type RegistryClientOptions,
  type Repository,
  toRawManifest,
} from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { registryProfiles, type InjectedFault, type RegistryQuirks } from '../index.ts'
import { createImage, createImageIndex } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { startRegistry } from '../registry/start-registry.ts'

const [amd64, arm64] = ['amd64', 'arm64'].map((architecture) =>
  createImage({ platform: `linux/${architecture}`, layers: [{ files: { architecture } }] }),
) as [ReturnType<typeof createImage>, ReturnType<typeof createImage>]
const image = createImageIndex({ 'linux/amd64': amd64, 'linux/arm64': arm64 })
const subject = image.raw.descriptor
const tag = fallbackTag(subject.digest)
const emptyBytes = Buffer.from('{}')
const empty = { mediaType: mediaTypes.ociEmpty, digest: digestOf(emptyBytes), size: 2 }

/** A registry with an index of two images. */
async function withImage(quirks: Partial<RegistryQuirks>, options: RegistryClientOptions = {}) {
  const registry = await startRegistry({ quirks })
  const waits: number[] = []
  const client = createRegistryClient({
    sleep: async (milliseconds) => void waits.push(milliseconds),
    ...options,
  })
  const repository = client.repository(parseReference(`${registry.host}/team/app`))
  await pushImage(repository, image, '1')
  await repository.write(empty, chunks(emptyBytes))
  registry.clearRequests()
  return {
    registry,
    repository,
    waits,
    writes: () => registry.requests.filter(({ method, reference }) => method === 'PUT' && reference === tag),
    async [Symbol.asyncDispose]() {
      await client.close()
      await registry.close()
    },
  }
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const raw = (fields: object, mediaType: string = mediaTypes.ociManifest): RawManifest =>
  toRawManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields })))

function referrer(name: string, of: Descriptor = subject): RawManifest {
  return raw({
    artifactType: `application/vnd.example.${name}`,
    config: empty,
    layers: [empty],
    subject: of,
    annotations: { name },
  })
}

async function names(repository: Repository, digest = subject.digest): Promise<(string | undefined)[]> {
  const found = await repository.listReferrers(digest)
  return found.map(({ annotations }) => annotations?.['name']).toSorted()
}

async function listed(repository: Repository): Promise<readonly Descriptor[]> {
  return parseIndex(await repository.getManifest(tag)).manifests
}

describe.each([
  ['that honours conditions', { referrersApi: false }],
  ['that ignores conditions', { referrersApi: false, conditionalRequests: false }],
] as const)('attaching on a registry without referrers API %s', (_, quirks) => {
  it('lists type and annotations of the manifest, under the subject and each of its images', async () => {
    await using here = await withImage(quirks)
    for (const of of [subject, amd64.raw.descriptor]) await here.repository.putManifest(referrer('sbom', of))
    expect(await listed(here.repository)).toEqual([
      {
        ...referrer('sbom').descriptor,
        artifactType: 'application/vnd.example.sbom',
        annotations: { name: 'sbom' },
      },
    ])
    expect(await names(here.repository, amd64.raw.descriptor.digest)).toEqual(['sbom'])
  })

  it('writes fifty that come together in a few writes', async () => {
    await using here = await withImage(quirks)
    const all = Array.from({ length: 50 }, (_each, at) => `r${String(at).padStart(2, '0')}`)
    await Promise.all(all.map((name) => here.repository.putManifest(referrer(name))))
    expect(await names(here.repository)).toEqual(all)
    expect(here.writes().length).toBeLessThan(4)
    expect(here.waits.length).toBeLessThan(4)
  })

  it('brings back what another tool overwrote, also of earlier attachments', async () => {
    await using here = await withImage(quirks)
    await here.repository.putManifest(referrer('first'))
    const careless = raw({ manifests: [] }, mediaTypes.ociIndex)
    await here.repository.putManifest(careless, { tag })
    await here.repository.putManifest(referrer('second'))
    expect(await names(here.repository)).toEqual(['first', 'second'])
  })

  it('drops entries whose manifests are gone where the registry refuses a list with them', async () => {
    await using here = await withImage({ ...quirks, tagDelete: true })
    await here.repository.putManifest(referrer('gone'))
    await here.repository.putManifest(referrer('stays'))
    // Deleted without care for the list.
    await fetch(`${here.registry.url}/v2/team/app/manifests/${referrer('gone').descriptor.digest}`, {
      method: 'DELETE',
    })
    await here.repository.putManifest(referrer('new'))
    expect((await listed(here.repository)).map(({ annotations }) => annotations?.['name'])).toEqual([
      'stays',
      'new',
    ])
  })

  it('ends with the reason of an abort while others that wait are served', async () => {
    await using here = await withImage(quirks)
    const controller = new AbortController()
    const aborted = here.repository.putManifest(referrer('aborted'), { signal: controller.signal })
    const other = here.repository.putManifest(referrer('other'))
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await other
    expect(await names(here.repository)).toContain('other')
  })

  it.each([
    ['an image manifest', () => amd64.raw],
    ['the image itself', () => image.raw],
    ['another index over the same images', () => withAnnotation(image.raw)],
  ])('leaves %s at the tag alone', async (_title, make) => {
    await using here = await withImage(quirks)
    const foreign = make()
    await here.repository.putManifest(foreign, { tag })
    await expect(here.repository.putManifest(referrer('sbom'))).rejects.toMatchObject({
      code: 'TAG_CONFLICT',
      message: expect.stringContaining('attach again'),
    })
    expect(here.registry.resolve('team/app', tag)).toBe(foreign.descriptor.digest)
    expect(await here.repository.discoverReferrers(subject.digest)).toMatchObject({
      referrers: [],
      fallbackTag: 'foreign',
    })
  })

  it('says what to do where tags are immutable, and keeps the manifest', async () => {
    await using here = await withImage({ ...quirks, immutableTags: true })
    await here.repository.putManifest(referrer('first'))
    await expect(here.repository.putManifest(referrer('second'))).rejects.toMatchObject({
      code: 'TAG_CONFLICT',
      message: expect.stringContaining('exclude tags that begin with "sha256-"'),
    })
    expect(await here.repository.findManifest(referrer('second').descriptor.digest)).toBeDefined()
    expect(await names(here.repository)).toEqual(['first'])
  })
})

function withAnnotation({ bytes }: RawManifest): RawManifest {
  return raw({ ...JSON.parse(Buffer.from(bytes).toString()), annotations: { a: 'b' } }, mediaTypes.ociIndex)
}

describe('conditions of fallback lists', () => {
  it('are tried once in a repository, and then make a wait needless', async () => {
    await using here = await withImage({ referrersApi: false })
    await here.repository.putManifest(referrer('a'))
    await here.repository.putManifest(referrer('b', amd64.raw.descriptor))
    const statuses = here.registry.requests.flatMap(({ method, isTag, status }) =>
      method === 'PUT' && isTag ? [status] : [],
    )
    expect(statuses).toEqual([412, 201, 201])
    expect(here.waits).toEqual([])
  })

  it.each([
    ['weak', 'W/"1"'],
    ['not quoted', 'abc'],
    ['missing', null],
  ])('are left out when an ETag is %s', async (_, etag) => {
    await using here = await withImage({ referrersApi: false })
    here.registry.setRequestHook(({ method }): InjectedFault | undefined =>
      method === 'GET' ? { type: 'alter-response', headers: { etag } } : undefined,
    )
    await here.repository.putManifest(referrer('a'))
    await here.repository.putManifest(referrer('b'))
    expect(await names(here.repository)).toEqual(['a', 'b'])
    expect(here.waits.length).toBeGreaterThan(0)
  })
})

describe('reading the referrers of registries that lie', () => {
  it('GitLab: the tag that resolves to the image is no list, but becomes one when it is written', async () => {
    await using here = await withImage(registryProfiles.gitlab)
    for (const { digest } of [subject, amd64.raw.descriptor]) {
      expect(await here.repository.discoverReferrers(digest)).toMatchObject({
        referrers: [],
        rejected: [],
        fallbackTag: 'foreign',
        referrersApi: 'missing',
      })
      await here.repository.putManifest(
        referrer('sbom', digest === subject.digest ? subject : amd64.raw.descriptor),
      )
      expect(await here.repository.discoverReferrers(digest)).toMatchObject({
        referrers: [{ mechanisms: ['fallback-tag'] }],
        fallbackTag: 'index',
      })
    }
  })

  it.each([
    ['is listed', undefined],
    ['may be listed: the list is denied', { type: 'respond', status: 403 }],
  ] as const)('a fallback tag at the image itself that %s is left alone', async (_, tagList) => {
    await using here = await withImage({ referrersApi: false })
    await here.repository.putManifest(image.raw, { tag })
    here.registry.setRequestHook(({ kind }) => (kind === 'tags' ? tagList : undefined))
    await expect(here.repository.putManifest(referrer('sbom'))).rejects.toMatchObject({
      code: 'TAG_CONFLICT',
      message: expect.stringContaining('it is left alone'),
    })
    expect(here.registry.resolve('team/app', tag)).toBe(subject.digest)
  })

  it.each([true, false])(
    'a registry that answers with the image whatever is written can not list (conditions: %s)',
    async (conditionalRequests) => {
      await using here = await withImage({ referrersApi: false, conditionalRequests })
      here.registry.setRequestHook(({ method, reference }) =>
        method === 'GET' && reference === tag
          ? {
              type: 'respond',
              status: 200,
              headers: { 'content-type': mediaTypes.ociIndex },
              body: Buffer.from(image.raw.bytes).toString(),
            }
          : undefined,
      )
      await expect(here.repository.putManifest(referrer('sbom'))).rejects.toMatchObject({
        code: 'TAG_CONFLICT',
        message: expect.stringContaining(`${tag}.sig`),
      })
      expect(here.writes().length).toBeLessThan(3)
    },
  )

  it('cosign copy: images at the fallback tags hide nothing of the referrers API', async () => {
    await using here = await withImage({})
    await here.repository.putManifest(referrer('sbom'))
    await here.repository.putManifest(image.raw, { tag })
    await here.repository.putManifest(amd64.raw, { tag: `${tag}.sig` })
    const found = await here.repository.discoverReferrers(subject.digest)
    expect(found).toMatchObject({
      referrers: [{ mechanisms: ['referrers-api'] }],
      cosignTags: [{ tag: `${tag}.sig`, kind: 'sig', descriptor: amd64.raw.descriptor }],
      referrersApi: 'listed',
      fallbackTag: 'foreign',
    })
  })

  it('older cosign: entries with a wrong or empty type are read with their own', async () => {
    await using here = await withImage({ referrersApi: false, checksChildren: false })
    const [one, two] = [referrer('one'), referrer('two')]
    for (const each of [one, two]) await putByDigest(here.registry.url, each)
    const index = {
      manifests: [
        { ...one.descriptor, artifactType: mediaTypes.ociEmpty },
        { ...two.descriptor, artifactType: '', size: 999_999 },
        { ...two.descriptor },
        { ...amd64.raw.descriptor, artifactType: 'application/vnd.example.one' },
      ],
    }
    await here.repository.putManifest(raw(index, mediaTypes.ociIndex), { tag })
    const found = await here.repository.discoverReferrers(subject.digest)
    expect(found.referrers).toEqual(
      [one, two].map(({ descriptor }, at) => ({
        descriptor: {
          ...descriptor,
          artifactType: `application/vnd.example.${['one', 'two'][at]}`,
          annotations: { name: ['one', 'two'][at] },
        },
        mechanisms: ['fallback-tag'],
      })),
    )
    expect(found.rejected).toEqual([
      { digest: amd64.raw.descriptor.digest, mechanism: 'fallback-tag', reason: 'names-no-subject' },
    ])
    expect(found.fallbackTag).toBe('index')
  })

  it('Docker Hub of 2024: OCI-Subject without the API', async () => {
    await using here = await withImage(registryProfiles['docker-hub-2024'])
    await here.repository.putManifest(referrer('sbom'))
    expect(await here.repository.discoverReferrers(subject.digest)).toMatchObject({
      referrers: [{ mechanisms: ['fallback-tag'] }],
      referrersApi: 'missing',
    })
  })

  it('both mechanisms at once: a referrer of both is one', async () => {
    await using here = await withImage({ referrersPageSize: 2 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await here.repository.putManifest(referrer(name))
    await here.repository.putManifest(raw({ manifests: [referrer('a').descriptor] }, mediaTypes.ociIndex), {
      tag,
    })
    here.registry.clearRequests()
    const { referrers } = await here.repository.discoverReferrers(subject.digest)
    expect(referrers.map(({ mechanisms }) => mechanisms)).toEqual([
      ['referrers-api', 'fallback-tag'],
      ...Array.from({ length: 4 }, () => ['referrers-api']),
    ])
    expect(here.registry.requests.filter(({ kind }) => kind === 'referrers')).toHaveLength(3)
  })

  it.each([
    [
      'a login page',
      { type: 'respond', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      'unusable',
    ],
    ['401', { type: 'respond', status: 401 }, 'denied'],
    ['403', { type: 'respond', status: 403 }, 'denied'],
    ['400', { type: 'respond', status: 400 }, 'unusable'],
    ['405', { type: 'respond', status: 405 }, 'missing'],
  ] as const)(
    'the API answers with %s: the fallback tag is read, and it is told',
    async (_, fault, answer) => {
      await using here = await withImage({ referrersApi: false })
      await here.repository.putManifest(referrer('sbom'))
      here.registry.setRequestHook(({ kind }) => (kind === 'referrers' ? fault : undefined))
      expect(await here.repository.discoverReferrers(subject.digest)).toMatchObject({
        referrers: [{ mechanisms: ['fallback-tag'] }],
        referrersApi: answer,
      })
      // Nothing under the tag of another subject that can be read: no referrers, as far as one can tell.
      expect(await here.repository.discoverReferrers(amd64.raw.descriptor.digest)).toMatchObject({
        referrers: [],
        referrersApi: answer,
      })
    },
  )

  it.each([401, 403])('status %d on everything is an error', async (status) => {
    await using here = await withImage({})
    here.registry.setRequestHook(() => ({ type: 'respond', status }))
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({ status })
  })

  it.each([
    ['can be listed', undefined, []],
    ['hides itself', { type: 'respond', status: 404 }, 'DENIED'],
    ['denies its tags', { type: 'respond', status: 403 }, 'DENIED'],
    ['wants a sign-in', { type: 'respond', status: 401 }, 'DENIED'],
  ] as const)(
    'status 403 of the API with a subject that is not there, in a repository that %s',
    async (_, tagList, expected) => {
      await using here = await withImage({})
      here.registry.setRequestHook(({ kind }) =>
        kind === 'referrers' ? { type: 'respond', status: 403 } : kind === 'tags' ? tagList : undefined,
      )
      const found = here.repository.listReferrers(digestOf('nowhere'))
      if (expected === 'DENIED') await expect(found).rejects.toMatchObject({ code: expected })
      else expect(await found).toEqual(expected)
    },
  )

  it('Artifactory: status 403 for tags that are not there costs one list of tags, and hides nothing', async () => {
    await using here = await withImage(registryProfiles.artifactory)
    expect(await here.repository.discoverReferrers(subject.digest)).toMatchObject({
      referrers: [],
      cosignTags: [],
      fallbackTag: 'missing',
    })
    expect(here.registry.requests.filter(({ kind }) => kind === 'tags').length).toBeLessThanOrEqual(4)
    await here.repository.putManifest(amd64.raw, { tag: `${tag}.sig` })
    await here.repository.putManifest(referrer('sbom'))
    expect(await here.repository.discoverReferrers(subject.digest)).toMatchObject({
      referrers: [{ mechanisms: ['fallback-tag'] }],
      cosignTags: [{ kind: 'sig' }],
    })
  })

  it.each([
    ['a listed signature', `${tag}.sig`, undefined],
    ['a listed fallback tag', tag, undefined],
    ['any tag, and with it the list of tags', tag, { type: 'respond', status: 403 }],
    ['any tag while the list of tags is hidden', tag, { type: 'respond', status: 404 }],
  ] as const)('status 403 for %s is an error, never less evidence', async (_, denied, tagList) => {
    await using here = await withImage({ referrersApi: false })
    await here.repository.putManifest(referrer('sbom'))
    await here.repository.putManifest(amd64.raw, { tag: `${tag}.sig` })
    here.registry.setRequestHook(({ kind, reference }) =>
      reference === denied ? { type: 'respond', status: 403 } : kind === 'tags' ? tagList : undefined,
    )
    await expect(here.repository.discoverReferrers(subject.digest)).rejects.toMatchObject({ code: 'DENIED' })
  })

  it.each([403, 500])('status %d for a candidate is an error, never fewer referrers', async (status) => {
    await using here = await withImage({}, { retry: { attempts: 1 } })
    const { digest } = referrer('sbom').descriptor
    await here.repository.putManifest(referrer('sbom'))
    here.registry.setRequestHook(({ reference }) =>
      reference === digest ? { type: 'respond', status } : undefined,
    )
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({ status })
  })

  it("Nexus: cosign's tags are found although HEAD says that nothing is there", async () => {
    await using here = await withImage(registryProfiles.nexus)
    await here.repository.putManifest(amd64.raw, { tag: `${tag}.att` })
    expect((await here.repository.discoverReferrers(subject.digest)).cosignTags).toMatchObject([
      { kind: 'att' },
    ])
  })
})

async function putByDigest(url: string, { descriptor, bytes }: RawManifest): Promise<void> {
  await fetch(`${url}/v2/team/app/manifests/${descriptor.digest}`, {
    method: 'PUT',
    headers: { 'content-type': descriptor.mediaType },
    body: Buffer.from(bytes),
  })
}
