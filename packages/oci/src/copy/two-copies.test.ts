import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import { createArchive } from '../archive/create-archive.ts'
import { openLayout } from '../layout/open-layout.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { registryProfiles, startRegistry } from '../testing/embedded-registry.ts'
import { pushClosure } from '../testing/sample-closure.ts'
import { collectAll } from '../testing/sample-image.ts'
import { copy } from './copy.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-two-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const open = (name: string) => openLayout(join(folder, name), { create: true })

describe('two copies of the same at the same time', () => {
  it('both succeed in a layout, and each manifest is there', async () => {
    const source = await open('source')
    const { digests, cosignTags } = await pushClosure(source, '1')
    // Of one folder opened twice, as two parts of a program would.
    const targets = [await open('target'), await open('target')]
    await Promise.all(
      targets.map((target) => copy(source, target, { from: '1', tag: '1', expected: 'absent' })),
    )
    for (const digest of digests) expect(await targets[0]!.findManifest(digest)).toBeDefined()
    expect((await collectAll(targets[0]!.listTags())).sort()).toEqual(
      ['1', ...Object.keys(cosignTags)].sort(),
    )
  })

  it.each(['with the referrers API', 'distribution-2.8'] as const)(
    'both succeed in a registry (%s)',
    async (profile) => {
      const quirks = profile === 'with the referrers API' ? {} : registryProfiles[profile]
      await using registry = await startRegistry({ quirks })
      const source = await open('source')
      const { digests } = await pushClosure(source, '1')
      const clients = [createRegistryClient({ settleMs: 0 }), createRegistryClient({ settleMs: 0 })]
      const targets = clients.map((client) =>
        client.repository({ registry: registry.host, repository: 'prod/app' }),
      )
      try {
        await Promise.all(
          targets.map((target) => copy(source, target, { from: '1', tag: '1', expected: 'absent' })),
        )
        for (const digest of digests) expect(await targets[0]!.findManifest(digest)).toBeDefined()
      } finally {
        for (const client of clients) await client[Symbol.asyncDispose]()
      }
    },
  )
})

describe('a copy onto itself', () => {
  it('changes nothing in a layout, also under another tag', async () => {
    const layout = await open('layout')
    const { digests } = await pushClosure(layout, '1')
    const before = await layout.listEntries()
    expect((await copy(layout, layout, { from: '1', tag: '1' })).tags).toEqual([])
    expect(await layout.listEntries()).toEqual(before)
    const report = await copy(layout, layout, { from: '1', tag: '2' })
    expect(report.tags).toMatchObject([{ tag: '2' }])
    expect(report.blobs).toMatchObject({ copied: 0 })
    expect(await layout.listEntries()).toHaveLength(before.length + 1)
    for (const digest of digests) expect(await layout.findManifest(digest)).toBeDefined()
  })

  it('sends no blob in a registry, and moves only the tag', async () => {
    await using registry = await startRegistry()
    await using client = createRegistryClient({ settleMs: 0 })
    const repository = client.repository({ registry: registry.host, repository: 'app' })
    const { index } = await pushClosure(repository, '1')
    registry.clearRequests()
    await copy(repository, repository, { from: '1', tag: '2' })
    expect(registry.resolve('app', '2')).toBe(index.descriptor.digest)
    const writes = registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    expect(writes.map(({ method, reference }) => [method, reference])).toEqual([['PUT', '2']])
  })

  it('replaces an archive by itself', async () => {
    const path = join(folder, 'a.tar')
    const layout = await open('layout')
    const { digests } = await pushClosure(layout, '1')
    for (const source of [layout, undefined]) {
      await using archive = source === undefined ? await openArchive(path) : undefined
      await using target = await createArchive(path)
      await copy(archive ?? layout, target, { from: '1', tag: '1' })
      await target.commit()
    }
    await using archive = await openArchive(path)
    for (const digest of digests) expect(await archive.findManifest(digest)).toBeDefined()
  })
})
