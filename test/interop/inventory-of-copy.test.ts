import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory, createInventoryTap, folderLayerCache, inventoryImage } from '@sallyport/inventory'
import { copy, createRegistryClient, type RegistryClient, type RegistryRepository } from '@sallyport/oci'
import { createImage, pushImage, startRegistry, type TestRegistry } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let directory: string
let from: TestRegistry
let to: TestRegistry
let client: RegistryClient
let source: RegistryRepository
let target: RegistryRepository
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-inventory-'))
  from = await startRegistry()
  to = await startRegistry()
  client = createRegistryClient({ settleMs: 0, retry: { attempts: 3, baseDelayMs: 0 } })
  source = client.repository({ registry: from.host, repository: 'build/app' })
  target = client.repository({ registry: to.host, repository: 'prod/app' })
})
afterEach(async () => {
  await client.close()
  await from.close()
  await to.close()
  await rm(directory, { recursive: true, force: true })
})

const stanza = (name: string) =>
  `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n`
const base = {
  files: {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
    'var/lib/dpkg/status': `${stanza('gone')}\n${stanza('tool')}`,
    'usr/share/noise': Buffer.alloc(3_000_000, 'noise '),
  },
}
const app = {
  files: {
    'var/lib/dpkg/status': stanza('tool'),
    'srv/node_modules/left/package.json': '{"name":"left","version":"1.0.0"}',
    // Only the link's name tells what it is, and its content came first.
    'srv/store/abc': '{"name":"linked","version":"2.0.0"}',
    'srv/node_modules/linked/package.json': { hardlink: 'srv/store/abc' },
  },
}
const image = createImage({ layers: [base, app] })
const purls = [
  'pkg:deb/debian/tool@1?arch=all&distro=debian-12',
  'pkg:npm/left@1.0.0',
  'pkg:npm/linked@2.0.0',
]
const blobReads = (registry: TestRegistry) =>
  registry.requests.filter(({ kind, method }) => kind === 'blob' && method === 'GET').length

describe('the inventory of a copy', () => {
  it('reads each layer once, while it is copied', async () => {
    const plain = createImage({ layers: [base, { files: { 'etc/motd': 'hello' } }] })
    await pushImage(source, plain, '1')
    from.clearRequests()
    const raw = await source.getManifest('1')
    const tap = await createInventoryTap(source, raw, { directory })
    await copy(source, target, { from: '1', tag: '1', evidence: false, tap: tap.tap })
    const inventory = await tap.inventory()
    expect(inventory.packages.map(({ name }) => name)).toEqual(['gone', 'tool'])
    // The config twice: for the inventory, and to be copied.
    expect(blobReads(from)).toBe(4)
    await using opened = await openImage(target, raw, { directory })
    expect(inventory).toStrictEqual(await createInventory(opened))
  })

  it('reads again only the layer in which a link came after its content', async () => {
    await pushImage(source, image, '1')
    from.clearRequests()
    const cache = folderLayerCache({ directory: join(directory, 'cache') })
    const raw = await source.getManifest('1')
    const tap = await createInventoryTap(source, raw, { cache, directory })
    await copy(source, target, { from: '1', tag: '1', evidence: false, tap: tap.tap })
    const inventory = await tap.inventory()
    expect(inventory.packages.map(({ purl }) => purl)).toEqual(purls)
    expect(inventory.gaps).toEqual([])
    expect(blobReads(from)).toBe(5)
    // Next time the cache knows that too.
    from.clearRequests()
    expect(await inventoryImage(source, raw, { cache, directory })).toStrictEqual(inventory)
    expect(blobReads(from)).toBe(1)
    expect(await readdir(directory)).toEqual(['cache'])
  })

  it('reads from the source what the target had already', async () => {
    await pushImage(source, image, '1')
    await pushImage(target, createImage({ layers: [base] }), 'base')
    const raw = await source.getManifest('1')
    const read: number[] = []
    const tap = await createInventoryTap(source, raw, {
      onProgress: (event) => event.type === 'layer-known' && read.push(event.layer),
    })
    await copy(source, target, { from: '1', tag: '1', evidence: false, tap: tap.tap })
    expect(read).toEqual([1])
    expect((await tap.inventory()).packages.map(({ purl }) => purl)).toEqual(purls)
    expect(read.slice(0, 2)).toEqual([1, 0])
  })

  it('does not end the copy for a layer that cannot be read; asking for the inventory does', async () => {
    const wrong = createImage({ layers: [base, { tar: Buffer.alloc(2000, 'no tar') }] })
    await pushImage(source, wrong, '1')
    const tap = await createInventoryTap(source, await source.getManifest('1'))
    await copy(source, target, { from: '1', tag: '1', evidence: false, tap: tap.tap })
    await expect(tap.inventory()).rejects.toMatchObject({ name: 'ImageError', code: 'TAR_INVALID' })
  })
})
