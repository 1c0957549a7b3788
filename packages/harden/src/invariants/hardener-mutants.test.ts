/* oxlint-disable typescript/consistent-type-imports -- the type of a module that is replaced has no other name */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ImageEdit, openImage } from '@sallyport/image'
import { createInventory, type Package } from '@sallyport/inventory'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { PlannedEdit } from '../apply/plan-edit.ts'
import {
  debianImage,
  type DescribedDebian,
  executable,
  libraries,
  program,
} from '../breakages/debian-image.fixture.ts'
import { buildElf } from '../elf/elf.fixture.ts'
import { hardenImage } from '../harden-image.ts'
import type { UsageEdge } from '../usage/usage.ts'

/** What is wrong with the hardener in a test. */
interface Mutant {
  readonly dropEdges?: readonly UsageEdge['kind'][]
  readonly reachFolders?: boolean
  readonly ignoreUnowned?: boolean
  readonly ignoreEntries?: boolean
  readonly ignoreLinkerFolders?: boolean
  readonly skipClosing?: boolean
  readonly leaveStanzas?: boolean
  readonly edit?: (edit: PlannedEdit) => PlannedEdit
  readonly write?: (edit: ImageEdit) => ImageEdit
  readonly packages?: (found: Package) => Package
}

const state = vi.hoisted(() => ({ mutant: {} as Mutant }))

vi.mock('../usage/find-edges.ts', async (original) => {
  const real = await original<typeof import('../usage/find-edges.ts')>()
  return {
    ...real,
    createEdgeFinder: (...given: Parameters<typeof real.createEdgeFinder>) => {
      const find = real.createEdgeFinder(...given)
      return async (...path: Parameters<typeof find>) =>
        (await find(...path))
          .filter(({ kind }) => !state.mutant.dropEdges?.includes(kind))
          .flatMap((edge) =>
            state.mutant.reachFolders ? [edge, { ...edge, to: edge.to.replace(/\/[^/]+$/, '') }] : [edge],
          )
    },
  }
})
vi.mock('../usage/find-roots.ts', async (original) => {
  const real = await original<typeof import('../usage/find-roots.ts')>()
  return {
    ...real,
    findEntries: async (...given: Parameters<typeof real.findEntries>) =>
      state.mutant.ignoreEntries ? [] : await real.findEntries(...given),
    findUnowned: (...given: Parameters<typeof real.findUnowned>) =>
      state.mutant.ignoreUnowned ? { roots: [], leaves: [] } : real.findUnowned(...given),
  }
})
vi.mock('../elf/library-search.ts', async (original) => {
  const real = await original<typeof import('../elf/library-search.ts')>()
  return {
    ...real,
    createLibrarySearch: (...[texts, options]: Parameters<typeof real.createLibrarySearch>) =>
      real.createLibrarySearch(state.mutant.ignoreLinkerFolders ? [] : texts, options),
  }
})
vi.mock('../plan/close-dependencies.ts', async (original) => {
  const real = await original<typeof import('../plan/close-dependencies.ts')>()
  return {
    ...real,
    closeDependencies: (...given: Parameters<typeof real.closeDependencies>) =>
      state.mutant.skipClosing ? new Map() : real.closeDependencies(...given),
  }
})
vi.mock('../systems/dpkg/remove-packages.ts', async (original) => {
  const real = await original<typeof import('../systems/dpkg/remove-packages.ts')>()
  return {
    ...real,
    removePackages: async (...given: Parameters<typeof real.removePackages>) => {
      if (!state.mutant.leaveStanzas) await real.removePackages(...given)
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
vi.mock('@sallyport/image', async (original) => {
  const real = await original<typeof import('@sallyport/image')>()
  return {
    ...real,
    rewriteImage: async (...[image, edit, options]: Parameters<typeof real.rewriteImage>) =>
      real.rewriteImage(image, state.mutant.write ? state.mutant.write(edit) : edit, options),
  }
})

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mutants-'))
})
afterEach(() => {
  state.mutant = {}
})
afterAll(() => rm(directory, { recursive: true, force: true }))

interface Case extends DescribedDebian {
  readonly mode?: 'closed' | 'relaxed'
  /** Must lead to something afterwards, as the image's smoke test would find out. */
  readonly works: readonly string[]
}

/** Each law that is named in a message. */
const lawsIn = (message: string) => [...message.matchAll(/\b(I\d+(?:-\w+)?): /g)].map(([, law]) => law!)

/** What an image is hardened to: laws that put packages back or refused the result, and whether it works. */
async function harden(described: Case, mutant: Mutant): Promise<readonly string[]> {
  const source = debianImage(described)
  await using image = await openImage(source, source.raw, { directory })
  const inventory = await createInventory(image)
  state.mutant = mutant
  const given = mutant.packages
    ? { ...inventory, packages: inventory.packages.map(mutant.packages) }
    : inventory
  try {
    const { report, image: after } = await hardenImage(image, given, {
      mode: described.mode ?? 'relaxed',
      smoke: { elsewhere: 'the laws of this test' },
      directory,
    })
    await using _after = after
    const reasons = report.kept.map(({ keptBy }) => /\((I\d+(?:-\w+)?)\)$/.exec(keptBy?.detail ?? '')?.[1])
    const laws = [...reasons.filter((law) => law !== undefined), ...lawsIn(report.unchangedBecause ?? '')]
    const isRemoved = report.removed.some(({ name }) => name === 'unused')
    const works = described.works.every((path) => (after ?? image).tree.resolve(path))
    return [...laws, ...(works ? [] : ['the smoke test']), ...(isRemoved ? [] : ['the count'])]
  } catch (error) {
    return lawsIn(String(error))
  }
}

const withoutPath = (path: string) => (edit: ImageEdit) => ({
  ...edit,
  remove: new Set([...edit.remove].filter((one) => one !== path)),
})
const alsoRemove = (path: string) => (edit: PlannedEdit) => ({
  ...edit,
  remove: new Set([...edit.remove, path]),
})

const app = { config: { Entrypoint: ['/app'] } }
const server = { '/usr/sbin/server': program() }
const plain: Case = {
  packages: { server: { files: server, fields: 'Depends: libc6\n' } },
  config: { Entrypoint: ['server'] },
  works: ['/usr/sbin/server'],
}
const script = (text: string, packages: Case['packages'], works: readonly string[]): Case => ({
  packages,
  unowned: { '/app': executable(`#!/bin/sh\n${text}\n`) },
  ...app,
  works,
})
const tool = { tool: { files: { '/usr/bin/tool': program() } } }

const mutants: readonly (readonly [what: string, caughtBy: string, mutant: Mutant, image: Case])[] = [
  [
    'follows no NEEDED',
    'I2',
    { dropEdges: ['needed'] },
    {
      packages: { libown1: { files: { [`${libraries}/libown.so.1`]: buildElf() } } },
      unowned: { '/app': program({ needed: ['libown.so.1'] }) },
      ...app,
      works: [`${libraries}/libown.so.1`],
    },
  ],
  [
    'follows no interpreter of programs',
    'I2',
    { dropEdges: ['interpreter', 'path-string'] },
    {
      packages: { loader: { files: { '/usr/lib/ld-own.so.1': executable(buildElf()) } } },
      unowned: { '/app': executable(buildElf({ interpreter: '/lib/ld-own.so.1' })) },
      ...app,
      works: ['/lib/ld-own.so.1'],
    },
  ],
  [
    'follows no interpreter of scripts',
    'I3',
    { dropEdges: ['shebang'] },
    {
      packages: { own: { files: { '/usr/bin/own': program() } } },
      unowned: { '/app': executable('#!/usr/bin/env own\n') },
      ...app,
      works: ['/usr/bin/own'],
    },
  ],
  [
    'ignores popen',
    'I4',
    { dropEdges: ['popen'] },
    { packages: {}, unowned: { '/app': program({ imports: ['popen'] }) }, ...app, works: ['/bin/sh'] },
  ],
  [
    'follows no links',
    'I1',
    { dropEdges: ['symlink'] },
    {
      packages: { data: { files: { '/usr/share/own/data': 'x' } } },
      unowned: { '/app': executable(buildElf()), '/srv/data': { symlink: '/usr/share/own/data' } },
      ...app,
      works: ['/srv/data'],
    },
  ],
  [
    'ignores unowned links',
    'I1',
    { ignoreUnowned: true },
    {
      packages: { data: { files: { '/usr/share/own/data': 'x' } } },
      unowned: { '/app': executable(buildElf()), '/srv/data': { symlink: '/usr/share/own/data' } },
      ...app,
      works: ['/srv/data'],
    },
  ],
  ['knows no entry point', 'I3-commands', { ignoreEntries: true }, { ...plain, mode: 'closed' }],
  [
    'follows no words of scripts',
    'the smoke test',
    { dropEdges: ['shell-word'] },
    script('tool --now', tool, ['/usr/bin/tool']),
  ],
  [
    'follows no files that scripts read in',
    'the smoke test',
    { dropEdges: ['sourced'] },
    script('. "$OWN/own-env.sh"', { own: { files: { '/etc/own/own-env.sh': 'A=1\n' } } }, [
      '/etc/own/own-env.sh',
    ]),
  ],
  [
    'follows no paths in texts and programs',
    'the smoke test',
    { dropEdges: ['path-string'] },
    {
      packages: { data: { files: { '/usr/share/own/data.bin': 'x' } } },
      unowned: { '/app': executable(buildElf({ data: '/usr/share/own/data.bin' })) },
      ...app,
      works: ['/usr/share/own/data.bin'],
    },
  ],
  [
    'follows no names of modules',
    'the smoke test',
    { dropEdges: ['dlopen'] },
    {
      packages: { module: { files: { [`${libraries}/libmodule.so.3`]: buildElf() } } },
      unowned: { '/app': program({ data: 'libmodule.so.3' }) },
      ...app,
      works: [`${libraries}/libmodule.so.3`],
    },
  ],
  [
    'follows no includes of configurations',
    'the smoke test',
    { dropEdges: ['config-include'] },
    {
      packages: { module: { files: { '/usr/lib/own/modules/own.conf': 'x' } } },
      unowned: {
        '/app': executable(buildElf({ data: '/etc/own.conf' })),
        '/etc/own.conf': 'include /usr/lib/own/modules/*.conf\n',
      },
      ...app,
      works: ['/usr/lib/own/modules/own.conf'],
    },
  ],
  [
    'forgets the standard library of an interpreter',
    'the smoke test',
    { dropEdges: ['runtime'] },
    {
      packages: {
        perl: { files: { '/usr/bin/perl': program() } },
        'perl-modules': { files: { '/usr/share/perl/5.36/strict.pm': '1;\n' } },
      },
      unowned: { '/app': executable('#!/usr/bin/perl\n') },
      ...app,
      works: ['/usr/share/perl/5.36/strict.pm'],
    },
  ],
  [
    'skips the folders of ld.so.conf',
    'the smoke test',
    { ignoreLinkerFolders: true },
    {
      packages: {
        other: { files: { '/opt/aa/lib/libown.so.1': buildElf() } },
        own: { files: { '/opt/own/lib/libown.so.1': buildElf({ soname: 'libown.so.1' }) } },
      },
      unowned: {
        '/app': program({ needed: ['libown.so.1'] }),
        '/etc/ld.so.conf.d/own.conf': '/opt/own/lib\n',
      },
      ...app,
      works: ['/opt/own/lib/libown.so.1'],
    },
  ],
  [
    'skips closing dependencies',
    'I5',
    { skipClosing: true },
    {
      mode: 'closed',
      packages: {
        server: { files: server, fields: 'Depends: libc6, data (>= 1)\n' },
        data: { files: { '/usr/share/data': 'x' } },
      },
      config: { Entrypoint: ['server'] },
      works: ['/usr/share/data'],
    },
  ],
  ['leaves the stanzas of removed packages', 'I9', { leaveStanzas: true }, plain],
  [
    'leaves the list of a removed package',
    'I6',
    {
      edit: (edit) => ({
        ...edit,
        remove: new Set([...edit.remove].filter((path) => !path.endsWith('/unused.list'))),
      }),
    },
    plain,
  ],
  [
    'takes away the sums of a package that stays',
    'I6',
    { edit: alsoRemove('/var/lib/dpkg/info/server.md5sums') },
    plain,
  ],
  ['takes away os-release', 'I1', { edit: alsoRemove('/usr/lib/os-release') }, plain],
  [
    'leaves dangling alternatives',
    'I1',
    {
      edit: (edit) => ({
        ...edit,
        remove: new Set([...edit.remove].filter((path) => !path.startsWith('/etc/alternatives/'))),
      }),
    },
    { ...plain, unowned: { '/etc/alternatives/unused': { symlink: '/usr/bin/unused' } } },
  ],
  ['writes a removed file all the same', 'I7', { write: withoutPath('/usr/bin/unused') }, plain],
  [
    'gives a file another mode',
    'I8',
    { write: (edit) => ({ ...edit, attributes: new Map([['/usr/sbin/server', { mode: 0o777 }]]) }) },
    plain,
  ],
  [
    'changes how the image is run',
    'I13',
    {
      write: (edit) => ({
        ...edit,
        config: (config) => ({ ...config, config: { ...config.config, User: 'nobody' } }),
      }),
    },
    plain,
  ],
  [
    'skips the canonical form of names in a merged /usr',
    'I6',
    {
      packages: (found) => ({
        ...found,
        files: found.files.map((path) => path.replace(/^\/usr\/bin/, '/bin')),
      }),
    },
    plain,
  ],
  [
    'takes folders for files of packages',
    'the count',
    { reachFolders: true, packages: (found) => ({ ...found, files: [...found.files, libraries] }) },
    plain,
  ],
]

describe('a hardener that', () => {
  it.each(mutants)('%s is caught by %s', async (_what, caughtBy, mutant, described) => {
    expect(await harden(described, {})).toEqual([])
    expect(await harden(described, mutant)).toContain(caughtBy)
  })
})
