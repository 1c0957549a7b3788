import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mediaTypes } from '@sallyport/core'
import {
  createRegistryClient,
  fallbackTag,
  parseIndex,
  parseReference,
  type RepositoryCapabilities,
  toRawManifest,
} from '@sallyport/oci'
import { startDistribution, startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-capabilities-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const image = createImage({ layers: [{ files: { '/hello': 'world' } }] })
const subject = image.raw.descriptor

function referrer(name: string) {
  const fields = { artifactType: 'application/vnd.example', config: image.blobs[0], layers: [], subject }
  return toRawManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        ...fields,
        annotations: { name },
      }),
    ),
  )
}

const registries = [
  {
    name: 'docker-registry',
    start: async () => startDockerRegistry({ directory: await mkdtemp(join(directory, 'docker-')) }),
    catalog: true,
    expected: {
      subjectHeader: 'no',
      referrersApi: 'no',
      conditionalWrites: 'no',
      mountFrom: 'yes',
      mountAnonymous: 'no',
      chunkedUpload: 'yes',
      tagDelete: 'no',
      manifestDelete: 'yes',
    },
  },
  {
    name: 'distribution 3',
    start: async () => startDistribution({ directory: await mkdtemp(join(directory, 'distribution-')) }),
    catalog: true,
    expected: {
      subjectHeader: 'no',
      referrersApi: 'no',
      conditionalWrites: 'no',
      mountFrom: 'yes',
      mountAnonymous: 'no',
      chunkedUpload: 'yes',
      tagDelete: 'yes',
      manifestDelete: 'yes',
    },
  },
  {
    name: 'our embedded registry',
    start: async () => startRegistry(),
    catalog: true,
    expected: {
      subjectHeader: 'yes',
      referrersApi: 'yes',
      referrersListed: 'yes',
      conditionalWrites: 'yes',
      mountFrom: 'yes',
      chunkedUpload: 'yes',
      tagDelete: 'yes',
      manifestDelete: 'yes',
      sha512Blobs: 'yes',
    },
  },
  {
    name: 'olareg',
    start: async () => startOlareg({ directory: await mkdtemp(join(directory, 'olareg-')) }),
    catalog: false,
    expected: {
      subjectHeader: 'yes',
      referrersApi: 'yes',
      referrersListed: 'yes',
      mountFrom: 'yes',
      chunkedUpload: 'yes',
      tagDelete: 'yes',
      manifestDelete: 'yes',
      sha512Blobs: 'yes',
    },
  },
]

describe.each(registries)('on $name', ({ start, catalog, expected }) => {
  it('the probe tells what is known of it, and leaves nothing', async () => {
    await using registry = await start()
    await using client = createRegistryClient()
    const repository = client.repository(parseReference(`${registry.host}/team/app`))
    await pushImage(repository, image, '1')
    const measured = await repository.probeCapabilities({ remember: true })
    const answers = Object.fromEntries(
      Object.keys(expected).map((name) => [
        name,
        (measured[name as keyof RepositoryCapabilities] as { answer: string }).answer,
      ]),
    )
    expect(answers, JSON.stringify(measured, undefined, 2)).toEqual(expected)
    expect(measured.left).toEqual([])
    expect(await toArray(repository.listTags())).toEqual(['1'])
    // The client that relies on it still finds what it attaches.
    await repository.putManifest(referrer('a'))
    expect(await repository.listReferrers(subject.digest)).toHaveLength(1)
  })

  it('a deleted referrer is listed no more, and deletes tell what was there', async () => {
    await using registry = await start()
    await using client = createRegistryClient({ settleMs: 20 })
    const repository = client.repository(parseReference(`${registry.host}/team/app`))
    await pushImage(repository, image, '1')
    for (const name of ['a', 'b']) await repository.putManifest(referrer(name))
    expect(await repository.deleteManifest(referrer('a').descriptor.digest)).toBe('deleted')
    expect(await repository.deleteManifest(referrer('a').descriptor.digest)).toBe('missing')
    const found = await repository.discoverReferrers(subject.digest)
    expect(found).toMatchObject({ referrers: [{ descriptor: referrer('b').descriptor }], rejected: [] })
    const list = await repository.findManifest(fallbackTag(subject.digest))
    if (expected.referrersApi === 'no') expect(parseIndex(list!).manifests).toHaveLength(1)
    else expect(list).toBeUndefined()

    if (expected.tagDelete === 'yes') expect(await repository.deleteTag('1')).toBe('deleted')
    else await expect(repository.deleteTag('1')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const [, layer] = image.blobs
    expect(await repository.deleteBlob(layer!.digest)).toBe('deleted')
    expect(await repository.has(layer!)).toBe(false)
  })

  it('the catalog names what was pushed', async () => {
    await using registry = await start()
    await using client = createRegistryClient()
    const names = ['other/app', 'team/app', 'team/base']
    for (const name of names) {
      await pushImage(client.repository(parseReference(`${registry.host}/${name}`)), image, '1')
    }
    const listing = toArray(client.listRepositories(registry.host, { prefix: 'team/' }))
    if (catalog) expect((await listing).toSorted()).toEqual(['team/app', 'team/base'])
    else await expect(listing).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

async function toArray(items: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const item of items) all.push(item)
  return all
}
