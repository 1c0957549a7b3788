import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory, type Package } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hardenImage } from '../../harden-image.ts'
import { readHeaders } from './edit-database.ts'
import { parseRpmPackage } from './parse-rpm-package.ts'
import { berkeleyDb, headerOf, ndb, sqliteDb, sqliteSchema } from './rpm.fixture.ts'
import { rpmSystem } from './rpm-system.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'harden-test-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const headers = [
  headerOf('sample-release', { files: ['/etc/os-release'] }),
  headerOf('bash', { files: ['/usr/bin/sh'] }),
  headerOf('tool', { files: ['/usr/bin/tool'], requires: [['needed']] }),
  headerOf('needed', { files: ['/usr/share/needed'] }),
  headerOf('unused', { files: ['/usr/bin/unused', '/var/log/unused'], fileFlags: { '/var/log/unused': 64 } }),
  headerOf('glibc', { files: ['/usr/lib/none'] }),
  headerOf('gpg-pubkey'),
]
const executable = (content: string): FileDescription => ({ content, mode: 0o755 })

async function open(files: Readonly<Record<string, FileDescription>>) {
  const source = createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=fedora\nVERSION_ID=41\n',
          '/bin': { symlink: 'usr/bin' },
          '/usr/bin/sh': executable('#!/bin/sh\n'),
          '/usr/bin/tool': executable('#!/bin/sh\n'),
          '/usr/bin/unused': executable('#!/bin/sh\n# of no use\n'),
          '/usr/share/needed': 'x',
          '/var/log/unused': 'x',
          ...files,
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/tool'] },
  })
  const image = await openImage(source, source.raw, { directory })
  return { image, inventory: await createInventory(image) }
}

const databases: readonly (readonly [string, string, Buffer, readonly string[]])[] = [
  [
    'SQLite',
    '/var/lib/rpm/rpmdb.sqlite',
    sqliteDb(headers),
    ['/var/lib/rpm/rpmdb.sqlite-shm', '/var/lib/rpm/rpmdb.sqlite-wal'],
  ],
  ['SQLite in its new place', '/usr/lib/sysimage/rpm/rpmdb.sqlite', sqliteDb(headers), []],
  ['SQLite of an image made from a tree', '/usr/share/rpm/rpmdb.sqlite', sqliteDb(headers), []],
  ['ndb', '/usr/lib/sysimage/rpm/Packages.db', ndb(headers), ['/usr/lib/sysimage/rpm/Index.db']],
  [
    'Berkeley DB',
    '/var/lib/rpm/Packages',
    berkeleyDb(headers),
    ['/var/lib/rpm/Basenames', '/var/lib/rpm/Name', '/var/lib/rpm/__db.001'],
  ],
]

describe('rpmSystem', () => {
  it.each(databases)(
    'takes packages out of %s, with what repeats it',
    async (_title, path, database, beside) => {
      const { image, inventory } = await open({
        [path]: database,
        ...Object.fromEntries(beside.map((name) => [name, name.endsWith('-wal') ? '' : 'unused'])),
        [path.replace(/[^/]+$/, '.rpm.lock')]: '',
      })
      await using _ = image
      const { report, image: result } = await hardenImage(image, inventory, { directory })
      await using after = result!
      expect(report.removed.map(({ name }) => name)).toEqual(['unused'])
      expect(report.invariants.filter(({ holds }) => !holds)).toEqual([])
      const gone = [...image.tree.entries()].map((node) => node.path).filter((name) => !after.tree.get(name))
      expect(gone).toEqual(['/usr/bin/unused', ...beside].toSorted())
      const left = await readHeaders(await after.readFile(after.tree.get(path)!))
      expect([...left.values()].map((header) => parseRpmPackage(header).name)).toEqual([
        'sample-release',
        'bash',
        'tool',
        'needed',
        'glibc',
        'gpg-pubkey',
      ])
      const again = await open({ [path]: database })
      await using _other = again.image
      await using repeated = (await hardenImage(again.image, again.inventory, { directory })).image!
      expect(await repeated.readFile(repeated.tree.get(path)!)).toEqual(
        await after.readFile(after.tree.get(path)!),
      )
      const second = await hardenImage(after, await createInventory(after), { directory })
      expect(second.report.unchangedBecause).toBe('no package can be removed')
    },
  )

  it('takes a package out of every database that names it', async () => {
    const paths = ['/var/lib/rpm/rpmdb.sqlite', '/usr/lib/sysimage/rpm/Packages.db']
    const { image, inventory } = await open({ [paths[0]!]: sqliteDb(headers), [paths[1]!]: ndb(headers) })
    await using _ = image
    await using after = (await hardenImage(image, inventory, { directory })).image!
    for (const path of paths) {
      const left = await readHeaders(await after.readFile(after.tree.get(path)!))
      expect([...left.values()].map((header) => parseRpmPackage(header).name)).not.toContain('unused')
    }
  })

  it('lists what is installed, folders and all but ghosts, and protects the base', async () => {
    const { image, inventory } = await open({ '/var/lib/rpm/rpmdb.sqlite': sqliteDb(headers) })
    await using _ = image
    const system = await rpmSystem.open(image, inventory.packages, {})
    const named = (name: string) => inventory.packages.find((found) => found.name === name)!
    expect(await system.listedPaths(named('unused'))).toEqual(['/usr/bin/unused'])
    expect([...system.protected!.keys()].map(({ name }) => name)).toEqual(['glibc', 'sample-release'])
    expect(system.requirementsOf(named('tool')).map(({ satisfiedBy }) => satisfiedBy)).toEqual([
      [named('needed')],
    ])
  })

  const manifest =
    'filesystem\t1.1-9.cm2\t1653816591\t1653628924\tMicrosoft\t(none)\t7596\tx86_64\t0\tfilesystem-1.1-9.cm2.src.rpm\n'
  it.each<[string, Readonly<Record<string, FileDescription>>, string]>([
    [
      'changes beside the database',
      { '/var/lib/rpm/rpmdb.sqlite': sqliteDb(headers), '/var/lib/rpm/rpmdb.sqlite-wal': 'x' },
      'has changes that are not in the database yet',
    ],
    ['a database that is cut', { '/var/lib/rpm/Packages': berkeleyDb(headers).subarray(0, 4_096) }, 'cut'],
    [
      'a trigger in the database',
      {
        '/var/lib/rpm/rpmdb.sqlite': sqliteDb(headers, {
          schema: [...sqliteSchema, 'CREATE TRIGGER t AFTER DELETE ON Packages BEGIN SELECT 1; END'],
        }),
      },
      'holds what rpm does not make',
    ],
    [
      'a header that claims another size',
      { '/var/lib/rpm/Packages.db': ndb([...headers, Buffer.concat([headers[0]!, Buffer.alloc(3)])]) },
      'that claims',
    ],
    [
      'a list without files',
      { '/var/lib/rpmmanifest/container-manifest-2': manifest },
      'lists packages without their files',
    ],
    [
      'a dependency that can not be read',
      { '/var/lib/rpm/rpmdb.sqlite': sqliteDb([...headers, headerOf('odd', { requires: [['(a xor b)']] })]) },
      'not a dependency',
    ],
  ])('refuses %s, and leaves the image as it is', async (_title, files, reason) => {
    const { image, inventory } = await open(files)
    await using _ = image
    const known: readonly Package[] = inventory.packages
    expect((await rpmSystem.open(image, known, {})).refusal).toContain(reason)
    const { report, image: result } = await hardenImage(image, inventory, { directory })
    expect(result).toBeUndefined()
    expect(report.unchangedBecause).toBeDefined()
  })

  it('keeps a package that the database holds twice', async () => {
    const { image, inventory } = await open({
      '/var/lib/rpm/rpmdb.sqlite': sqliteDb([...headers, headers[4]!]),
    })
    await using _ = image
    const { report } = await hardenImage(image, inventory, { directory })
    expect(report.kept.find(({ purl }) => purl.includes('/unused@'))?.keptBy?.detail).toBe(
      'the rpm database holds it twice',
    )
  })
})
