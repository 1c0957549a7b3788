// expectSame asserts.
/* oxlint-disable vitest/expect-expect */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, mediaTypes } from '@sallyport/core'
import {
  createRegistryClient,
  openLayout,
  parseManifest,
  type RegistryClient,
  type RegistryRepository,
  type Repository,
} from '@sallyport/oci'
import { createImage, pushImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { otherClients } from './clients.ts'
import { expectSame } from './expect-same.ts'
import { interopRegistries } from './interop-registries.ts'
import { regctlHost, runTool } from './run-tool.ts'
import { collect, failureOf, type Sample, samples, sha512Image, twoPlatforms } from './samples.ts'

describe.each(interopRegistries)('on $name', (kind) => {
  let directory: string
  let registry: Awaited<ReturnType<typeof kind.start>>
  let client: RegistryClient
  const repository = (name: string): RegistryRepository =>
    client.repository({ registry: registry.host, repository: name })

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-interop-'))
    registry = await kind.start(directory)
    client = createRegistryClient({ settleMs: 0 })
    for (const { name, content, subject, attached } of samples) {
      if (subject) await pushImage(repository(`ours/${name}`), subject)
      await pushImage(repository(`ours/${name}`), content, '1')
      await pushImage(repository(`ours/${name}`), attached)
    }
  })
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]()
    await registry?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  describe.each(otherClients)('$name', (other) => {
    it.each(samples)('reads $title of ours down to each blob, and we what it writes', async (sample) => {
      const { name, content } = sample
      const { digest } = content.raw.descriptor
      const ours = `${registry.host}/ours/${name}:1`
      expect((await other.digest(ours)).trim()).toBe(digest)
      const folder = join(directory, `${other.name}-${name}`)
      const readAll = async (): Promise<Repository> => {
        await other.read(ours, folder)
        const layout = await openLayout(folder)
        expect((await layout.listEntries()).map((entry) => entry.digest)).toContain(digest)
        // crane names no tags.
        await expectSame(layout, content, other.name === 'crane' ? undefined : '1')
        return layout
      }
      const failure = failureOf(sample, other.name, kind)
      if (failure) {
        await expect(readAll()).rejects.toThrow(failure)
        return
      }
      const layout = await readAll()
      if (other.takesReferrers) await expectAttached(layout, sample)

      await other.write(folder, `${registry.host}/${other.name}/${name}:1`)
      const theirs = repository(`${other.name}/${name}`)
      await expectSame(theirs, content, '1')
      if (other.takesReferrers) await expectAttached(theirs, sample)
    })

    it('copies an index within the registry, and we read it', async () => {
      await other.copy(`${registry.host}/ours/index:1`, `${registry.host}/copied/${other.name}:1`)
      await expectSame(repository(`copied/${other.name}`), twoPlatforms, '1')
    })
  })

  it('crane finds nothing wrong with an index of ours', () =>
    runTool('crane', ['validate', '--insecure', '--remote', `${registry.host}/ours/index:1`]))

  it('regctl and oras read a manifest known by sha512, where the registry takes one', async () => {
    const { digest } = sha512Image.raw.descriptor
    const pushed = pushImage(repository('ours/long'), sha512Image, '1')
    if (!kind.sha512) {
      await expect(pushed).rejects.toMatchObject({ registryErrors: [{ code: 'DIGEST_INVALID' }] })
      return
    }
    await pushed
    const ours = `${registry.host}/ours/long@${digest}`
    const byRegctl = join(directory, 'long-regctl')
    await runTool('regctl', [...regctlHost(registry.host), 'image', 'copy', ours, `ocidir://${byRegctl}:1`])
    await expectSame(await openLayout(byRegctl), sha512Image)
    const byOras = join(directory, 'long-oras')
    await runTool('oras', ['cp', '--from-plain-http', '--to-oci-layout', ours, `${byOras}:1`])
    await expectSame(await openLayout(byOras), sha512Image)
  })

  describe('we read, down to each blob,', () => {
    const text = Buffer.from('made by others')
    const layer = createImage({ layers: [{ files: { text } }] })

    it.each<[string, () => Promise<Buffer>, (file: string, reference: string) => Promise<unknown>]>([
      [
        'an artifact that oras makes',
        async () => text,
        (file, reference) => {
          const what = ['--artifact-type', 'application/vnd.example', '--disable-path-validation']
          return runTool('oras', ['push', '--plain-http', ...what, reference, `${file}:text/plain`])
        },
      ],
      [
        'an artifact that regctl makes',
        async () => text,
        (file, reference) => {
          const what = ['--artifact-type', 'application/vnd.example', '--file', file]
          return runTool('regctl', [...regctlHost(registry.host), 'artifact', 'put', ...what, reference])
        },
      ],
      [
        'an image that crane makes of a layer',
        () => collect(layer.open(layer.blobs[1]!)),
        (file, reference) =>
          runTool('crane', ['append', '--insecure', '--new_layer', file, '--new_tag', reference]),
      ],
    ])('%s', async (title, prepare, make) => {
      const content = await prepare()
      const name = title.replaceAll(' ', '-')
      const file = join(directory, `${name}.tar.gz`)
      await writeFile(file, content)
      await make(file, `${registry.host}/made/${name}:1`)
      const theirs = repository(`made/${name}`)
      const { config, layers } = parseManifest(await theirs.getManifest('1'))
      expect(layers.map(({ digest }) => digest)).toEqual([digestOf(content)])
      expect(await collect(theirs.open(layers[0]!))).toEqual(content)
      expect(await collect(theirs.open(config))).toHaveLength(config.size)
    })

    it('an image that skopeo turns into one of Docker', async () => {
      const from = `docker://${registry.host}/ours/single:1`
      const to = `docker://${registry.host}/made/docker:1`
      const plainHttp = ['--src-tls-verify=false', '--dest-tls-verify=false']
      await runTool('skopeo', ['copy', '--format', 'v2s2', ...plainHttp, from, to])
      const theirs = repository('made/docker')
      const raw = await theirs.getManifest('1')
      expect(raw.descriptor.mediaType).toBe(mediaTypes.dockerManifest)
      const ours = parseManifest(await repository('ours/single').getManifest('1'))
      const { config, layers } = parseManifest(raw)
      expect(layers.map(({ digest }) => digest)).toEqual(ours.layers.map(({ digest }) => digest))
      for (const blob of [config, ...layers]) expect(await collect(theirs.open(blob))).toHaveLength(blob.size)
    })
  })
})

async function expectAttached(found: Repository, { content, attached }: Sample): Promise<void> {
  const referrers = await found.listReferrers(content.raw.descriptor.digest)
  expect(referrers).toMatchObject([
    {
      ...attached.raw.descriptor,
      artifactType: 'application/vnd.example.sbom',
      annotations: { 'org.example.note': 'attached' },
    },
  ])
  await expectSame(found, attached)
}
