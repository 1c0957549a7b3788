/* oxlint-disable typescript/consistent-type-imports -- the type of a module that is replaced has no other name */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import type { PrivateKey } from 'openpgp'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { cacheOf } from '../apply/indexes/linker-cache.fixture.ts'
import type { PlannedEdit } from '../apply/plan-edit.ts'
import { debianImage, executable, libraries, program } from '../breakages/debian-image.fixture.ts'
import { buildElf } from '../elf/elf.fixture.ts'
import { hardenImage } from '../harden-image.ts'
import { buildSuite, createKey, md5, memoryMirror, today } from '../patch/mirror.fixture.ts'
import type { PackageEdit } from '../patch/package-edit.ts'
import { patchImage } from '../patch/patch-image.ts'
import { headerOf, sqliteDb } from '../systems/rpm/rpm.fixture.ts'

/** What is wrong with the hardener, or with the patcher, in a test. */
interface Mutant {
  readonly keepWorld?: boolean
  readonly keepIndexRows?: boolean
  readonly keepLockEntries?: boolean
  readonly keepIndexes?: boolean
  readonly edit?: (edit: PlannedEdit) => PlannedEdit
  readonly patch?: ((edit: PackageEdit) => void) | undefined
}

const state = vi.hoisted(() => ({ mutant: {} as Mutant }))

vi.mock('../systems/apk/edit-lists.ts', async (original) => {
  const real = await original<typeof import('../systems/apk/edit-lists.ts')>()
  return {
    ...real,
    editWorld: (...given: Parameters<typeof real.editWorld>) =>
      state.mutant.keepWorld ? given[0] : real.editWorld(...given),
  }
})
vi.mock('node:sqlite', async (original) => {
  const real = await original<typeof import('node:sqlite')>()
  return {
    ...real,
    DatabaseSync: class extends real.DatabaseSync {
      override prepare(sql: string) {
        const isIndex = /^DELETE FROM "(?!Packages")/.test(sql)
        return super.prepare(state.mutant.keepIndexRows && isIndex ? `${sql} AND 0` : sql)
      }
    },
  }
})
vi.mock('../systems/npm/cut-json-members.ts', async (original) => {
  const real = await original<typeof import('../systems/npm/cut-json-members.ts')>()
  return {
    ...real,
    cutJsonMembers: (...given: Parameters<typeof real.cutJsonMembers>) =>
      state.mutant.keepLockEntries ? given[0] : real.cutJsonMembers(...given),
  }
})
vi.mock('../apply/indexes/filter-indexes.ts', async (original) => {
  const real = await original<typeof import('../apply/indexes/filter-indexes.ts')>()
  return {
    ...real,
    filterIndexes: async (...given: Parameters<typeof real.filterIndexes>) => {
      if (!state.mutant.keepIndexes) await real.filterIndexes(...given)
    },
  }
})
vi.mock('../apply/plan-edit.ts', async (original) => {
  const real = await original<typeof import('../apply/plan-edit.ts')>()
  return {
    ...real,
    planEdit: async (...given: Parameters<typeof real.planEdit>) => {
      const edit = await real.planEdit(...given)
      return state.mutant.edit ? state.mutant.edit(edit) : edit
    },
  }
})
vi.mock('../patch/deb/plan-deb-upgrade.ts', async (original) => {
  const real = await original<typeof import('../patch/deb/plan-deb-upgrade.ts')>()
  return {
    ...real,
    planDebUpgrade: async (...given: Parameters<typeof real.planDebUpgrade>) => {
      const planned = await real.planDebUpgrade(...given)
      if ('edit' in planned) state.mutant.patch?.(planned.edit)
      return planned
    },
  }
})

let directory: string
let key: PrivateKey
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'system-mutants-'))
  key = await createKey()
})
afterEach(() => {
  state.mutant = {}
})
afterAll(() => rm(directory, { recursive: true, force: true }))

type Source = ReturnType<typeof createImage>

/** Each law that is named in a message. */
const lawsIn = (message: string) => [...message.matchAll(/\b(I\d+(?:-\w+)?): /g)].map(([, law]) => law!)

/** Laws named by what a run gives or rejects with, and the packages that left. */
async function lawsOf(run: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await run()
  } catch (error) {
    return lawsIn(String(error))
  }
}

const harden = (source: Source) =>
  lawsOf(async () => {
    await using image = await openImage(source, source.raw, { directory })
    const inventory = await createInventory(image)
    const { report, image: after } = await hardenImage(image, inventory, {
      mode: 'relaxed',
      directory,
      smoke: { elsewhere: 'the laws of this test' },
    })
    await using _after = after
    const reasons = report.kept.map(({ keptBy }) => /\((I\d+(?:-\w+)?)\)$/.exec(keptBy?.detail ?? '')?.[1])
    const removed = report.removed.map(({ name }) => `- ${name}`).filter((name) => name.endsWith('unused'))
    const kept = reasons.filter((law) => law !== undefined)
    return [...kept, ...lawsIn(report.unchangedBecause ?? ''), ...removed]
  })

const image = (files: Readonly<Record<string, FileDescription>>, config: object): Source =>
  createImage({ layers: [{ files }], config: { ...config } })

const alpine = () =>
  image(
    {
      '/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.0\n',
      '/lib/apk/db/installed':
        'P:tool\nV:1-r0\nA:x86_64\nF:usr/bin\nR:tool\n\nP:unused\nV:1-r0\nA:x86_64\nF:usr/bin\nR:unused\n\n',
      '/etc/apk/world': 'tool\nunused\n',
      '/usr/bin/tool': executable(buildElf()),
      '/usr/bin/unused': executable(buildElf()),
    },
    { Entrypoint: ['/usr/bin/tool'] },
  )
const fedora = () =>
  image(
    {
      '/etc/os-release': 'ID=fedora\nVERSION_ID=41\n',
      '/var/lib/rpm/rpmdb.sqlite': sqliteDb([
        headerOf('tool', { files: ['/usr/bin/tool'] }),
        headerOf('unused', { files: ['/usr/bin/unused'] }),
      ]),
      '/usr/bin/tool': executable(buildElf()),
      '/usr/bin/unused': executable(buildElf()),
    },
    { Entrypoint: ['/usr/bin/tool'] },
  )
const site = '/usr/local/lib/python3.13/site-packages'
const python = () =>
  image(
    {
      '/usr/local/bin/python3': executable('python program'),
      '/app/main.py': 'import os\n',
      [`${site}/flask/__init__.py`]: '',
      [`${site}/flask-1.0.dist-info/METADATA`]: 'Metadata-Version: 2.1\nName: flask\nVersion: 1.0\n',
      [`${site}/flask-1.0.dist-info/RECORD`]: 'flask/__init__.py,,\n',
      [`${site}/wheel/__init__.py`]: '',
      [`${site}/wheel-1.0.dist-info/METADATA`]: 'Metadata-Version: 2.1\nName: wheel\nVersion: 1.0\n',
      [`${site}/wheel-1.0.dist-info/RECORD`]:
        'wheel/__init__.py,,\nwheel-1.0.dist-info/METADATA,,\nwheel-1.0.dist-info/RECORD,,\n',
    },
    { Entrypoint: ['python3', '/app/main.py'] },
  )
const manifest = (name: string, more: object = {}) => JSON.stringify({ name, version: '1.0.0', ...more })
const node = () =>
  image(
    {
      '/usr/local/bin/node': executable('node program'),
      '/app/server.js': `require('lodash')\n`,
      '/app/package.json': manifest('app', {
        dependencies: { lodash: '1' },
        devDependencies: { unused: '1' },
      }),
      '/app/node_modules/lodash/package.json': manifest('lodash'),
      '/app/node_modules/unused/package.json': manifest('unused'),
      '/app/node_modules/.package-lock.json': JSON.stringify({
        name: 'app',
        lockfileVersion: 3,
        packages: {
          'node_modules/lodash': { version: '1.0.0' },
          'node_modules/unused': { version: '1.0.0', dev: true },
        },
      }),
    },
    { Entrypoint: ['node', 'server.js'], WorkingDir: '/app', Env: ['PATH=/usr/local/bin'] },
  )
const debian = () =>
  debianImage({
    packages: {
      server: { files: { '/usr/sbin/server': program() } },
      libunused1: { files: { [`${libraries}/libunused.so.1`]: buildElf({ soname: 'libunused.so.1' }) } },
    },
    unowned: {
      '/etc/ld.so.cache': cacheOf(
        [
          { name: 'libunused.so.1', path: `/lib/x86_64-linux-gnu/libunused.so.1` },
          { name: 'libc.so.6', path: `/lib/x86_64-linux-gnu/libc.so.6` },
        ],
        ['v2'],
      ),
    },
    config: { Entrypoint: ['server'] },
  })

const keepRecord = (edit: PlannedEdit): PlannedEdit => ({
  ...edit,
  remove: new Set([...edit.remove].filter((path) => !/\/RECORD$|\.dist-info$|-packages$/.test(path))),
})

describe('a hardener that', () => {
  it.each<[string, string, Mutant, () => Source]>([
    ['forgets the words of apk’s world', 'I6', { keepWorld: true }, alpine],
    ['forgets the indexes of an rpm database', 'I6', { keepIndexRows: true }, fedora],
    ['forgets the RECORD of a Python distribution', 'I6', { edit: keepRecord }, python],
    ['forgets the entries of npm’s hidden lockfile', 'I6', { keepLockEntries: true }, node],
    ['forgets the cache of the dynamic linker', 'I6', { keepIndexes: true }, debian],
  ])('%s is caught by %s', async (_what, law, mutant, source) => {
    const laws = (found: readonly string[]) => found.filter((one) => one.startsWith('I'))
    expect(laws(await harden(source()))).toEqual([])
    state.mutant = mutant
    expect(await harden(source())).toContain(law)
  })
})

/** A tool with an old file, and a mirror that has it without. */
const patch = () =>
  lawsOf(async () => {
    const source = createImage({
      layers: [
        {
          files: {
            '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
            '/var/lib/dpkg/status':
              'Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nDescription: tool\n',
            '/var/lib/dpkg/info/tool.list': '/.\n/usr/bin/tool\n/usr/share/tool/old\n',
            '/var/lib/dpkg/info/tool.md5sums': `${md5('old')}  usr/bin/tool\n${md5('x')}  usr/share/tool/old\n`,
            '/usr/bin/tool': { content: 'old', mode: 0o755 },
            '/usr/share/tool/old': 'x',
          },
        },
      ],
    })
    const files = await buildSuite({
      packages: [
        { name: 'tool', version: '1.0-2', files: { '/usr/bin/tool': { content: 'new tool', mode: 0o755 } } },
      ],
      key,
    })
    await using before = await openImage(source, source.raw, { directory })
    const { image: after, report } = await patchImage(before, await createInventory(before), {
      sources: [
        {
          type: 'deb',
          mirror: memoryMirror(files),
          suite: 'bookworm-security',
          components: ['main'],
          keyring: key.toPublic().armor(),
        },
      ],
      now: today,
      directory,
    })
    await using _after = after
    return report.packages.map(({ state: found }) => found)
  })

describe('a patcher that', () => {
  it.each<[string, string, Mutant['patch']]>([
    [
      'forgets the sums of a package',
      'I6',
      ({ replace }) => replace.delete('/var/lib/dpkg/info/tool.md5sums'),
    ],
    ['forgets the list of a package', 'I6', ({ replace }) => replace.delete('/var/lib/dpkg/info/tool.list')],
    [
      'keeps a file that only the old version has',
      'I6',
      ({ remove }) => remove.delete('/usr/share/tool/old'),
    ],
    [
      'keeps the old content of a file',
      'I6',
      ({ remove, add }) => remove.delete('/usr/bin/tool') && add.delete('/usr/bin/tool'),
    ],
    [
      'gives a file another owner',
      'I8',
      ({ add }) => {
        const entry = add.get('/usr/bin/tool')
        if (entry?.type === 'file') add.set('/usr/bin/tool', { ...entry, uid: 7 })
      },
    ],
  ])('%s is caught by %s', async (_what, law, mutate) => {
    expect(await patch()).toEqual(['patched'])
    state.mutant = { patch: mutate }
    expect(await patch()).toContain(law)
  })
})
