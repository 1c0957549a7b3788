import { createHash } from 'node:crypto'
import { type BlobReader, type Descriptor, digestOf, mediaTypes } from '@sallyport/core'
import { createTarWriter, openImage, type TarWriter } from '@sallyport/image'
import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { goProgram } from './golang/build-info.fixture.ts'

const stanza = (name: string) =>
  `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n`

/** Opens an image of these layers for real. */
async function imageOfLayers(...layers: readonly TarWriter[]) {
  const blobs = new Map<string, Uint8Array>()
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const descriptors = layers.map((layer) => add(mediaTypes.ociLayer, layer.finish()))
  const config = {
    architecture: 'arm64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: descriptors.map(({ digest }) => digest) },
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: add(mediaTypes.ociConfig, Buffer.from(JSON.stringify(config))),
    layers: descriptors,
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const source: BlobReader = {
    async *open({ digest }) {
      yield blobs.get(digest)!
    },
  }
  return openImage(source, { descriptor: add(mediaTypes.ociManifest, bytes), bytes })
}

describe('createInventory on an image of several layers', () => {
  it('reads a program by the one of its names that tells what it is', async () => {
    const program = goProgram('go1.26.8', ['path\texample.org/app', 'mod\texample.org/app\tv1.2.3\t'])
    await using image = await imageOfLayers(
      createTarWriter()
        .add({ path: 'data/1', type: 'file', data: program })
        .add({ path: 'usr/lib/app.so', type: 'hardlink', linkPath: 'data/1' }),
    )
    const { packages } = await createInventory(image)
    expect(packages.map(({ evidence }) => evidence.path)).toEqual(['/usr/lib/app.so', '/usr/lib/app.so'])
  })

  it('sees what a container would see, and names the layer of each package', async () => {
    const program = goProgram('go1.26.8', ['path\texample.org/app', 'mod\texample.org/app\tv1.2.3\t'])
    await using image = await imageOfLayers(
      createTarWriter()
        .add({ path: 'usr/lib/os-release', type: 'file', data: 'ID=debian\nVERSION_ID="12"\n' })
        .add({ path: 'etc/os-release', type: 'symlink', linkPath: '../usr/lib/os-release' })
        .add({ path: 'bin', type: 'symlink', linkPath: 'usr/bin' })
        .add({ path: 'usr/bin/tool', type: 'file', data: 'elf' })
        .add({ path: 'usr/bin/removed', type: 'file', data: 'elf' })
        .add({ path: 'var/lib/dpkg/status', type: 'file', data: `${stanza('removed')}\n${stanza('tool')}` })
        .add({ path: 'var/lib/dpkg/info/tool.list', type: 'file', data: '/.\n/bin\n/bin/tool\n/bin/lost\n' })
        .add({ path: 'var/lib/dpkg/info/removed.list', type: 'file', data: '/bin/removed\n' })
        .add({ path: 'opt/first', type: 'file', mode: 0o755, data: program })
        .add({ path: 'opt/second', type: 'hardlink', mode: 0o755, linkPath: 'opt/first' })
        .add({
          path: 'app/node_modules/old/package.json',
          type: 'file',
          data: '{"name":"old","version":"1"}',
        }),
      createTarWriter()
        .add({ path: 'var/lib/dpkg/status', type: 'file', data: stanza('tool') })
        .add({ path: 'var/lib/dpkg/info/.wh.removed.list', type: 'file' })
        .add({ path: 'usr/bin/.wh.removed', type: 'file' })
        .add({ path: 'opt/.wh.first', type: 'file' })
        .add({ path: 'app/node_modules/.wh..wh..opq', type: 'file' })
        .add({
          path: 'app/node_modules/new/package.json',
          type: 'file',
          data: '{"name":"new","version":"2"}',
        }),
    )
    const { packages, gaps, platform, subject } = await createInventory(image)
    expect(gaps).toEqual([])
    expect(platform.architecture).toBe('arm64')
    expect(subject).toBe(image.raw.descriptor.digest)
    expect(packages.map(({ purl, evidence: { path, layer } }) => [purl, path, layer])).toEqual([
      ['pkg:deb/debian/tool@1?arch=all&distro=debian-12', '/var/lib/dpkg/status', 1],
      ['pkg:golang/example.org/app@v1.2.3', '/opt/second', 0],
      ['pkg:golang/stdlib@1.26.8', '/opt/second', 0],
      ['pkg:npm/new@2', '/app/node_modules/new/package.json', 1],
    ])
    expect(packages[0]!.files).toEqual(['/usr/bin/tool'])
    expect(packages[0]!.evidence.diffId).toBe(image.layers[1]!.diffId)
    expect(packages[0]!.dpkg!.metadataPaths).toEqual(['/var/lib/dpkg/info/tool.list'])
  })

  it('marks what a layer above the database put in the place of what a system package brought', async () => {
    const path = (name: string) => `usr/lib/node_modules/${name}/package.json`
    const file = (name: string, version: string) =>
      ({ path: path(name), type: 'file', data: JSON.stringify({ name, version }) }) as const
    const list = ['old', 'new', 'later'].map((name) => `/${path(name)}\n`).join('')
    await using image = await imageOfLayers(
      createTarWriter()
        .add({ path: 'etc/os-release', type: 'file', data: 'ID=debian\nVERSION_ID="12"\n' })
        .add(file('old', '1'))
        .add(file('new', '1')),
      createTarWriter()
        .add({ path: 'var/lib/dpkg/status', type: 'file', data: stanza('tool') })
        .add({ path: 'var/lib/dpkg/info/tool.list', type: 'file', data: list })
        .add(file('new', '2')),
      createTarWriter().add(file('later', '3')).add(file('alone', '3')),
    )
    const { packages } = await createInventory(image)
    expect(
      packages.flatMap(({ name, ownedBy, isReplaced }) =>
        name === 'tool' ? [] : [[name, ownedBy !== undefined, isReplaced]],
      ),
    ).toEqual([
      ['alone', false, undefined],
      ['later', true, true],
      ['new', true, undefined],
      ['old', true, undefined],
    ])
  })

  it('knows by the sums that a database records what is another file, wherever it was written', async () => {
    const json = (name: string, version: string) => JSON.stringify({ name, version })
    const path = (name: string) => `usr/lib/node_modules/${name}/package.json`
    const file = (name: string, version: string) =>
      ({ path: path(name), type: 'file', data: json(name, version) }) as const
    const names = ['same', 'other', 'touched', 'unrecorded']
    const sum = (name: string) => createHash('md5').update(json(name, '1')).digest('hex')
    const sums = names
      .slice(0, 3)
      .map((name) => `${sum(name)}  ${path(name)}\n`)
      .join('')
    await using image = await imageOfLayers(
      createTarWriter()
        .add({ path: 'etc/os-release', type: 'file', data: 'ID=debian\nVERSION_ID="12"\n' })
        .add({ path: 'var/lib/dpkg/status', type: 'file', data: stanza('tool') })
        .add({
          path: 'var/lib/dpkg/info/tool.list',
          type: 'file',
          data: names.map((name) => `/${path(name)}\n`).join(''),
        })
        .add({ path: 'var/lib/dpkg/info/tool.md5sums', type: 'file', data: sums })
        .add(file('same', '1'))
        .add(file('other', '2'))
        .add(file('unrecorded', '1')),
      createTarWriter().add(file('touched', '1')),
    )
    const { packages } = await createInventory(image)
    expect(packages.flatMap(({ name, isReplaced }) => (isReplaced ? [name] : []))).toEqual(['other'])
  })
})
