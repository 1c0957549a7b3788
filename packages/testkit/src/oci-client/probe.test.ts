import { digestOf, mediaTypes } from '@sallyport/core'
import {
  createRegistryClient,
  fallbackTag,
  parseCapabilities,
  parseReference,
  type RegistryClientOptions,
  type RepositoryCapabilities,
  toRawManifest,
} from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { registryProfiles, type RegistryQuirks } from '../index.ts'
import { startRegistry } from '../registry/start-registry.ts'

const image = createImage({ layers: [{ files: { '/hello': 'world' } }] })
const [config] = image.blobs

async function withImage(quirks: Partial<RegistryQuirks> = {}, options: RegistryClientOptions = {}) {
  const registry = await startRegistry({ quirks })
  const client = createRegistryClient({ sleep: async () => {}, ...options })
  const repository = client.repository(parseReference(`${registry.host}/team/app`))
  await pushImage(repository, image, '1')
  registry.clearRequests()
  return {
    registry,
    repository,
    async [Symbol.asyncDispose]() {
      await client.close()
      await registry.close()
    },
  }
}

/** The answers alone. */
function answers(capabilities: RepositoryCapabilities): Record<string, string> {
  return Object.fromEntries(
    Object.entries(capabilities).flatMap(([name, value]) =>
      typeof value === 'object' && 'answer' in value ? [[name, value.answer]] : [],
    ),
  )
}

const faithful = {
  subjectHeader: 'yes',
  referrersApi: 'yes',
  referrersListed: 'yes',
  referrersFilter: 'yes',
  conditionalWrites: 'yes',
  mountFrom: 'yes',
  mountAnonymous: 'no',
  chunkedUpload: 'yes',
  tagDelete: 'yes',
  manifestDelete: 'yes',
  sha512Blobs: 'yes',
}
const noReferrers = { referrersApi: 'no', referrersListed: 'no', referrersFilter: 'no' }

describe('probeCapabilities', () => {
  it.each<[string, Partial<RegistryQuirks>, Partial<typeof faithful>]>([
    ['a faithful registry', {}, {}],
    [
      'distribution 2.8',
      registryProfiles['distribution-2.8'],
      { ...noReferrers, subjectHeader: 'no', conditionalWrites: 'no', tagDelete: 'no' },
    ],
    ['GHCR', registryProfiles.ghcr, { ...noReferrers, subjectHeader: 'no' }],
    ['Docker Hub of 2024', registryProfiles['docker-hub-2024'], { ...noReferrers, subjectHeader: 'yes' }],
    ['one with immutable tags', registryProfiles.immutable, { conditionalWrites: 'no', tagDelete: 'no' }],
    ['one that mounts anonymously', { anonymousMount: true }, { mountAnonymous: 'yes' }],
    ['one that mounts nothing', { mount: false }, { mountFrom: 'no' }],
    ['one that does not filter', { referrersFilter: false }, { referrersFilter: 'no' }],
    ['one that takes no piece', { maxPatchBytes: 1 }, { chunkedUpload: 'no' }],
  ])('tells what %s does, and leaves nothing', async (_, quirks, different) => {
    await using here = await withImage(quirks)
    const before = here.registry.snapshot()
    const measured = await here.repository.probeCapabilities()
    expect(answers(measured)).toEqual({ ...faithful, ...different })
    expect(measured).toMatchObject({
      repository: `${here.registry.host}/team/app`,
      mode: 'read-write',
      left: [],
    })
    expect(Date.parse(measured.expiresAt) - Date.parse(measured.measuredAt)).toBe(86_400_000)
    expect(parseCapabilities(JSON.stringify(measured))).toEqual(JSON.parse(JSON.stringify(measured)))
    expect(here.registry.snapshot()).toEqual(before)
    const written = here.registry.requests.filter(({ method, isTag }) => method === 'PUT' && isTag)
    for (const { reference } of written) expect(reference).toMatch(/^sallyport-probe-[0-9a-f]{16}$/)
  })

  it('passes on the shortest chunk that a registry asks for', async () => {
    await using here = await withImage({ ...registryProfiles.ecr, announcesMinPatchBytes: true })
    expect(await here.repository.probeCapabilities()).toMatchObject({ minChunkBytes: 5 * 1024 * 1024 })
  })

  it('says what is left where nothing can be deleted', async () => {
    await using here = await withImage()
    here.registry.setRequestHook(({ method }) =>
      method === 'DELETE' ? { type: 'respond', status: 405 } : undefined,
    )
    const measured = await here.repository.probeCapabilities()
    expect(answers(measured)).toMatchObject({ tagDelete: 'no', manifestDelete: 'no' })
    const { tags, manifests, blobs } = here.registry.snapshot()['team/app']!
    const others = new Set<string>([image.raw.descriptor.digest, ...image.blobs.map(({ digest }) => digest)])
    expect(measured.left.toSorted()).toEqual(
      [...Object.keys(tags).filter((tag) => tag !== '1'), ...manifests, ...blobs]
        .filter((name) => !others.has(name))
        .toSorted(),
    )
    expect(measured.left).toHaveLength(6)
  })

  it('only reads in the mode read-only', async () => {
    await using here = await withImage()
    const measured = await here.repository.probeCapabilities({ mode: 'read-only' })
    expect(measured).toMatchObject({ mode: 'read-only', referrersApi: { answer: 'yes' } })
    expect(new Set(Object.values(answers(measured)))).toEqual(new Set(['yes', 'unknown']))
    expect(new Set(here.registry.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
  })

  it('calls unknown what it may not write, and takes a 404 without a subject for no proof', async () => {
    await using here = await withImage({ referrersApi: false })
    here.registry.setRequestHook(({ method }) =>
      method === 'GET' || method === 'HEAD' ? undefined : { type: 'respond', status: 403 },
    )
    const measured = await here.repository.probeCapabilities()
    expect(new Set(Object.values(answers(measured)))).toEqual(new Set(['unknown']))
    expect(measured.conditionalWrites.evidence).toContain('403')
  })

  it('calls all unknown when nobody answers', async () => {
    await using here = await withImage({}, { retry: { attempts: 1 } })
    await here.registry.close()
    const measured = await here.repository.probeCapabilities()
    expect(new Set(Object.values(answers(measured)))).toEqual(new Set(['unknown']))
  })

  it('cleans up after an abort', async () => {
    await using here = await withImage()
    const before = here.registry.snapshot()
    const controller = new AbortController()
    here.registry.setRequestHook(({ kind }) => {
      if (kind === 'referrers') controller.abort(new Error('enough'))
      return undefined
    })
    await expect(here.repository.probeCapabilities({ signal: controller.signal })).rejects.toThrow('enough')
    expect(here.registry.snapshot()).toEqual(before)
  })
})

describe('a client that knows capabilities', () => {
  const referrer = (name: string) =>
    toRawManifest(
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          artifactType: `application/vnd.example.${name}`,
          config,
          layers: [],
          subject: image.raw.descriptor,
        }),
      ),
    )
  const kinds = (registry: { requests: readonly { method: string; kind: string }[] }) =>
    registry.requests.map(({ method, kind }) => `${method} ${kind}`)

  it('trusts a referrers API that was seen to list, and lets it filter', async () => {
    await using here = await withImage()
    await here.repository.probeCapabilities({ remember: true })
    here.registry.clearRequests()
    await here.repository.putManifest(referrer('a'))
    await here.repository.putManifest(referrer('b'))
    expect(kinds(here.registry)).toEqual(['PUT manifest', 'PUT manifest'])
    here.registry.clearRequests()
    const found = await here.repository.listReferrers(image.raw.descriptor.digest, {
      artifactType: 'application/vnd.example.b',
    })
    expect(found.map(({ digest }) => digest)).toEqual([referrer('b').descriptor.digest])
    const [list] = here.registry.requests.filter(({ kind }) => kind === 'referrers')
    expect(list?.query.get('artifactType')).toBe('application/vnd.example.b')
    expect(here.registry.requests).toHaveLength(3)
  })

  it('does not ask an API that is not there, and tries no conditions', async () => {
    await using here = await withImage(registryProfiles['docker-hub-2024'])
    const capabilities = [await here.repository.probeCapabilities()]
    await using client = createRegistryClient({ capabilities })
    const repository = client.repository(parseReference(`${here.registry.host}/team/app`))
    here.registry.clearRequests()
    await repository.putManifest(referrer('a'))
    expect(kinds(here.registry)).toEqual(['PUT manifest', 'GET manifest', 'PUT manifest', 'GET manifest'])
    here.registry.clearRequests()
    expect(await repository.listReferrers(image.raw.descriptor.digest)).toHaveLength(1)
    expect(kinds(here.registry)).toEqual(['GET manifest', 'GET manifest'])
  })

  it('moves a tag without reading back, but not where this tag has no strong ETag', async () => {
    await using here = await withImage()
    await here.repository.probeCapabilities({ remember: true })
    const move = async (tag: string): Promise<string[]> => {
      here.registry.clearRequests()
      await here.repository.putManifest(image.raw, { tag, expected: 'absent' })
      return here.registry.requests.map(({ method }) => method)
    }
    expect(await move('a')).toEqual(['GET', 'PUT'])
    here.registry.setRequestHook(({ method }) =>
      method === 'GET' ? { type: 'alter-response', headers: { etag: 'W/"1"' } } : undefined,
    )
    await here.repository.putManifest(referrer('x'), { tag: 'b' })
    here.registry.clearRequests()
    const expected = referrer('x').descriptor.digest
    await here.repository.putManifest(image.raw, { tag: 'b', expected })
    expect(here.registry.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET'])
  })

  it('forgets them when they have expired', async () => {
    let now = new Date('2026-01-01T00:00:00Z')
    await using here = await withImage({ referrersApi: false }, { clock: { now: () => now } })
    await here.repository.probeCapabilities({ remember: true, lifetimeMs: 1000 })
    const asks = async (): Promise<boolean> => {
      here.registry.clearRequests()
      await here.repository.listReferrers(digestOf('x'))
      return here.registry.requests.some(({ kind }) => kind === 'referrers')
    }
    expect(await asks()).toBe(false)
    now = new Date('2026-01-01T00:00:02Z')
    expect(await asks()).toBe(true)
    expect(here.registry.resolve('team/app', fallbackTag(digestOf('x')))).toBeUndefined()
  })
})
