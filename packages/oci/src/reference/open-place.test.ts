import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copy } from '../copy/copy.ts'
import { createRegistryClient, type RegistryClient } from '../registry/create-registry-client.ts'
import { startRegistry, type TestRegistry } from '../testing/embedded-registry.ts'
import { pushImage, sampleImage } from '../testing/sample-image.ts'
import { openSource } from './open-source.ts'
import { openTarget } from './open-target.ts'
import { parseLocator } from './parse-locator.ts'

let folder: string
let registry: TestRegistry
let client: RegistryClient
const image = sampleImage([10, 20])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-place-'))
  registry = await startRegistry()
  client = createRegistryClient()
  await pushImage(client.repository({ registry: registry.host, repository: 'app' }), image, '1')
})

afterAll(async () => {
  await client.close()
  await registry[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const places = { repository: (name: { registry: string; repository: string }) => client.repository(name) }
const source = (text: string) => openSource(parseLocator(text), places)
const target = (text: string) => openTarget(parseLocator(text), places)

describe('openSource and openTarget', () => {
  it.each([
    ['a repository', () => `${registry.host}/copy:2`, undefined],
    ['a layout', () => `oci:${join(folder, 'layout')}:2`, undefined],
    ['a layout, as latest', () => `oci:${join(folder, 'layout')}`, undefined],
    ['an archive', () => `oci-archive:${join(folder, 'app.tar')}:2`, 'app.tar'],
  ])('write and read %s', async (_, place, file) => {
    await using from = await source(`${registry.host}/app:1`)
    {
      await using to = await target(place())
      await copy(from.repository, to.repository, { from: from.tagOrDigest, tag: to.tag })
      if (file) expect(existsSync(join(folder, file))).toBe(false)
      await to.commit()
    }
    await using written = await source(place())
    const { descriptor } = await written.repository.getManifest(written.tagOrDigest)
    expect(descriptor.digest).toBe(image.manifest.descriptor.digest)
    expect(written.name).toBe(place())
  })

  it('write an archive for Docker', async () => {
    const file = join(folder, 'docker.tar')
    await using from = await source(`${registry.host}/app:1`)
    await using to = await target(`docker-archive:${file}:r.example/app:2`)
    await copy(from.repository, to.repository, { from: from.tagOrDigest, tag: to.tag })
    await to.commit()
    expect(existsSync(file)).toBe(true)
  })

  it('reads the only image of an archive that names none', async () => {
    await using only = await source(`oci-archive:${join(folder, 'app.tar')}`)
    expect(only.tagOrDigest).toBe(image.manifest.descriptor.digest)
    expect(only.registryName).toBeUndefined()
  })

  it.each([
    ['a source without tag', () => source(`${registry.host}/app`)],
    ['a target without tag', () => target(`${registry.host}/app`)],
    ['a target by digest', () => target(`${registry.host}/app@${image.manifest.descriptor.digest}`)],
    ['a layout by digest', () => target(`oci:${folder}@${image.manifest.descriptor.digest}`)],
    [
      'an archive by digest',
      () => target(`oci-archive:${join(folder, 'x.tar')}@${image.manifest.descriptor.digest}`),
    ],
    ['an archive for Docker without a name', () => target(`docker-archive:${join(folder, 'x.tar')}`)],
  ])('refuse %s', async (_, open) => {
    await expect(open()).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
  })
})
