import { digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import {
  createRegistryClient,
  fallbackTag,
  parseIndex,
  parseReference,
  type RegistryClientOptions,
  toRawManifest,
} from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import type { RegistryAuth, RegistryQuirks } from '../index.ts'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { startRegistry } from '../registry/start-registry.ts'

const image = createImage({ layers: [{ files: { '/hello': 'world' } }] })
const subject = image.raw.descriptor
const tag = fallbackTag(subject.digest)
const config = image.blobs[0]!

function referrer(name: string): RawManifest {
  const fields = {
    artifactType: 'application/vnd.example',
    config,
    layers: [],
    subject,
    annotations: { name },
  }
  return toRawManifest(
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, ...fields })),
  )
}

async function withImage(
  quirks: Partial<RegistryQuirks> = {},
  options: RegistryClientOptions = {},
  auth?: RegistryAuth,
) {
  const registry = await startRegistry({ quirks, auth })
  const client = createRegistryClient({ sleep: async () => {}, ...options })
  const repository = client.repository(parseReference(`${registry.host}/team/app`))
  await pushImage(repository, image, '1')
  return {
    registry,
    repository,
    listed: async () =>
      parseIndex(await repository.getManifest(tag)).manifests.map(({ annotations }) => annotations?.['name']),
    async [Symbol.asyncDispose]() {
      await client.close()
      await registry.close()
    },
  }
}

describe('deleteTag', () => {
  it('deletes the tag and keeps the manifest; a second time there is none', async () => {
    await using here = await withImage()
    expect(await here.repository.deleteTag('1')).toBe('deleted')
    expect(await here.repository.deleteTag('1')).toBe('missing')
    expect(await here.repository.findManifest(subject.digest)).toBeDefined()
  })

  it.each([
    ['405', { type: 'respond', status: 405 }],
    ['400', { type: 'respond', status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' }],
    ['501', { type: 'respond', status: 501 }],
  ] as const)('says that the registry deletes no tags (%s)', async (_, fault) => {
    await using here = await withImage()
    here.registry.setRequestHook(({ method }) => (method === 'DELETE' ? fault : undefined))
    await expect(here.repository.deleteTag('1')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      status: fault.status,
      retryable: false,
    })
    expect(here.registry.resolve('team/app', '1')).toBe(subject.digest)
  })

  it('calls an immutable tag a conflict', async () => {
    await using here = await withImage({ immutableTags: true })
    await expect(here.repository.deleteTag('1')).rejects.toMatchObject({ code: 'TAG_CONFLICT', status: 409 })
  })

  it.each(['', 'a/b', subject.digest])('sends nothing for %j', async (text) => {
    await using here = await withImage()
    here.registry.clearRequests()
    await expect(here.repository.deleteTag(text)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
    expect(here.registry.requests).toEqual([])
  })
})

describe.each([
  ['that honours conditions', { referrersApi: false }],
  ['that ignores conditions', { referrersApi: false, conditionalRequests: false }],
] as const)('deleteManifest on a registry without referrers API %s', (_, quirks) => {
  it('takes a referrer out of the list, and leaves an empty one', async () => {
    await using here = await withImage(quirks)
    for (const name of ['a', 'b']) await here.repository.putManifest(referrer(name))
    expect(await here.repository.deleteManifest(referrer('a').descriptor.digest)).toBe('deleted')
    expect(await here.listed()).toEqual(['b'])
    expect(await here.repository.deleteManifest(referrer('b').descriptor.digest)).toBe('deleted')
    expect(await here.listed()).toEqual([])
    expect(await here.repository.deleteManifest(referrer('b').descriptor.digest)).toBe('missing')
  })

  it('loses nothing that is attached at the same time, and nothing deleted comes back', async () => {
    await using here = await withImage(quirks)
    const names = (prefix: string) => Array.from({ length: 10 }, (_each, at) => `${prefix}${at}`)
    for (const name of names('old')) await here.repository.putManifest(referrer(name))
    await using other = createRegistryClient()
    const second = other.repository(parseReference(`${here.registry.host}/team/app`))
    await using third = createRegistryClient()
    const deleting = third.repository(parseReference(`${here.registry.host}/team/app`))
    await Promise.all([
      ...names('old').map((name) => deleting.deleteManifest(referrer(name).descriptor.digest)),
      ...names('new').map((name) => second.putManifest(referrer(name))),
    ])
    expect((await here.listed()).toSorted()).toEqual(names('new'))
  })

  it('leaves the list alone when the registry deletes no manifests', async () => {
    await using here = await withImage(quirks)
    await here.repository.putManifest(referrer('a'))
    here.registry.setRequestHook(({ method }) =>
      method === 'DELETE' ? { type: 'respond', status: 405 } : undefined,
    )
    await expect(here.repository.deleteManifest(referrer('a').descriptor.digest)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
    expect(await here.listed()).toEqual(['a'])
  })
})

describe('deletes', () => {
  it('delete a blob once', async () => {
    await using here = await withImage()
    expect(await here.repository.deleteBlob(config.digest)).toBe('deleted')
    expect(await here.repository.deleteBlob(config.digest)).toBe('missing')
    expect(await here.repository.has(config)).toBe(false)
  })

  it('ask for a token with delete, and nothing else does', async () => {
    const scopes: string[] = []
    const auth = { username: 'gate', password: 'right', scheme: 'token' } as const
    const credentials = {
      find: async () => ({ type: 'password', username: 'gate', password: 'right' }) as const,
    }
    await using here = await withImage({ referrersApi: false }, { credentials }, auth)
    here.registry.setRequestHook(({ kind, query }) => {
      if (kind === 'token') scopes.push(...query.getAll('scope'))
      return undefined
    })
    await here.repository.putManifest(referrer('a'))
    await here.repository.deleteManifest(referrer('a').descriptor.digest)
    expect(scopes.filter((scope) => scope.includes('delete'))).toEqual(['repository:team/app:delete'])
  })

  it('refuse a digest that is none', async () => {
    await using here = await withImage()
    const digest = digestOf('x').slice(0, 20) as typeof subject.digest
    await expect(here.repository.deleteManifest(digest)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
  })
})
