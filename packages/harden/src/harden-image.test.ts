import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planEdit } from './apply/plan-edit.ts'
import { buildElf } from './elf/elf.fixture.ts'
import { hardenImage } from './harden-image.ts'
import { checkPlan } from './invariants/check-plan.ts'
import { checkResult } from './invariants/check-result.ts'
import { planHardening } from './plan/plan-hardening.ts'
import { openSystems } from './systems/open-systems.ts'
import { analyzeUsage } from './usage/analyze-usage.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'harden-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const executable = (content: string | Uint8Array): FileDescription => ({ content, mode: 0o755 })
const stanza = (name: string, more = '') =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n${more}Description: ${name}\n`
const marker = 'the bytes of the unused program'

interface Described {
  readonly files?: Readonly<Record<string, FileDescription>>
  readonly lists?: Readonly<Record<string, readonly string[]>>
  readonly fields?: Readonly<Record<string, string>>
  readonly config?: Readonly<Record<string, unknown>>
}

const baseLists = {
  'base-files': ['/etc/os-release'],
  dash: ['/bin/sh'],
  tool: ['/usr/bin/tool'],
  unused: ['/usr/bin/unused', '/usr/share/unused/data'],
}

/** A small Debian whose entry point is a shell script that runs `tool`. */
function debian({ files = {}, lists = {}, fields = {}, config = {} }: Described = {}) {
  const all: Readonly<Record<string, readonly string[]>> = { ...baseLists, ...lists }
  const status = Object.keys(all).map((name) => stanza(name, fields[name]))
  return createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
          '/bin/sh': executable('#!/bin/sh\n'),
          '/usr/bin/tool': executable('#!/bin/sh\n:\n'),
          '/usr/bin/unused': executable(`#!/bin/sh\n# ${marker}\n`),
          '/usr/share/unused/data': marker,
          '/entry.sh': executable('#!/bin/sh\nset -e\nexec tool "$@"\n'),
          '/var/lib/dpkg/status': status.join('\n'),
          ...Object.fromEntries(
            Object.entries(all).map(([name, list]) => [
              `/var/lib/dpkg/info/${name}.list`,
              `/.\n${list.join('\n')}\n`,
            ]),
          ),
          ...files,
        },
      },
      { files: { '/app/data.txt': 'own data' } },
    ],
    config: { Entrypoint: ['/entry.sh'], ...config },
  })
}

async function open(source: ReturnType<typeof createImage>) {
  const image = await openImage(source, source.raw, { directory })
  return { image, inventory: await createInventory(image) }
}

describe('hardenImage', () => {
  it('removes an unused package with its files, database entry and bytes, and nothing else', async () => {
    const source = debian()
    const { image, inventory } = await open(source)
    await using _ = image
    await using result = (await hardenImage(image, inventory, { directory })).image!
    const { report } = await hardenImage(image, inventory, { directory })
    expect(report.removed.map(({ name }) => name)).toEqual(['unused'])
    expect(report.invariants.every(({ holds }) => holds)).toBe(true)

    await using after = await openImage(result, result.raw, { directory })
    const gone = [...image.tree.entries()].map(({ path }) => path).filter((path) => !after.tree.get(path))
    expect(gone).toEqual([
      '/usr/bin/unused',
      '/usr/share/unused',
      '/usr/share/unused/data',
      '/var/lib/dpkg/info/unused.list',
    ])
    const status = after.tree.get('/var/lib/dpkg/status')!
    expect(Buffer.from(await after.readFile(status)).toString()).toBe(
      ['base-files', 'dash', 'tool'].map((name) => `${stanza(name)}\n`).join(''),
    )
    for (const layer of result.manifest.layers) {
      const chunks: Uint8Array[] = []
      for await (const chunk of result.open(layer)) chunks.push(chunk)
      expect(gunzipSync(Buffer.concat(chunks)).includes(marker)).toBe(false)
    }
    // The layer without a removed file is the same blob.
    expect(result.manifest.layers[1]!.digest).toBe(image.layers[1]!.descriptor.digest)
  })

  it('gives the same digest twice, and does nothing to its own result', async () => {
    const { image, inventory } = await open(debian())
    await using _ = image
    await using one = (await hardenImage(image, inventory, { directory })).image!
    await using other = (await hardenImage(image, inventory, { directory })).image!
    expect(one.raw.descriptor.digest).toBe(other.raw.descriptor.digest)
    await using again = await openImage(one, one.raw, { directory })
    const second = await hardenImage(again, await createInventory(again), { directory })
    expect(second.image).toBeUndefined()
    expect(second.report.unchangedBecause).toBe('no package can be removed')
  })

  it.each<[string, Described]>([
    [
      'a script says its name after find -exec',
      { files: { '/entry.sh': executable('#!/bin/sh\nfind . -exec unused {} +\n') } },
    ],
    [
      'a script sets it as an argument',
      { files: { '/entry.sh': executable('#!/bin/sh\nset -- unused "$@"\nexec "$@"\n') } },
    ],
    [
      'a script runs it in a quoted text',
      { files: { '/entry.sh': executable("#!/bin/sh\nsh -c 'exec unused $X'\n") } },
    ],
    [
      'a file that a script reads in names it',
      {
        files: {
          '/entry.sh': executable('#!/bin/sh\n. "$(dirname "$0")/lib.sh"\n'),
          '/lib.sh': 'f() { unused; }\n',
        },
      },
    ],
    ['the health check names it', { config: { Healthcheck: { Test: ['CMD-SHELL', 'unused || exit 1'] } } }],
    ['a variable names its file', { config: { Env: ['DATA=/usr/share/unused/data'] } }],
    [
      'a link that nobody owns leads to it',
      { files: { '/etc/app.conf': { symlink: '/usr/share/unused/data' } } },
    ],
    [
      'a link that nobody owns leads to its folder',
      { files: { '/app/static': { symlink: '/usr/share/unused' } } },
    ],
    ['an argument names its folder', { config: { Cmd: ['--root=/usr/share/unused'] } }],
    ['its folder is the working folder', { config: { WorkingDir: '/usr/share/unused' } }],
    ['a used package depends on it', { fields: { tool: 'Depends: unused (>= 1)\n' } }],
    [
      'it is the alternative whose version fits',
      { fields: { tool: 'Depends: base-files (>= 9) | unused\n' } },
    ],
    [
      'it diverts a file of another package',
      {
        files: {
          '/usr/bin/tool.real': 'x',
          '/var/lib/dpkg/diversions': '/usr/bin/other\n/usr/bin/tool.real\nunused\n',
        },
        lists: { tool: ['/usr/bin/tool', '/usr/bin/other'] },
      },
    ],
    [
      'a folder of the path to the entry point is its link',
      {
        files: { '/opt/real/run': executable('#!/bin/sh\n'), '/opt/current': { symlink: 'real' } },
        lists: { unused: ['/opt/current'] },
        config: { Entrypoint: ['/opt/current/run'] },
      },
    ],
  ])('keeps a package when %s', async (_title, description) => {
    const { image, inventory } = await open(debian(description))
    await using _ = image
    const { report } = await hardenImage(image, inventory, { directory })
    expect(report.kept.map(({ purl }) => purl).some((purl) => purl.includes('/unused@'))).toBe(true)
  })

  it.each<[string, Described, RegExp]>([
    ['no command', { config: { Entrypoint: [] } }, /neither an entry point/],
    ['a command that is not there', { config: { Entrypoint: ['/nowhere'] } }, /does not hold/],
    [
      'a supervisor',
      { files: { '/sbin/init': executable('x') }, config: { Entrypoint: ['/sbin/init'] } },
      /init starts/,
    ],
    [
      'a script that starts a supervisor',
      {
        files: {
          '/usr/bin/supervisord': executable('#!/bin/sh\n'),
          '/entry.sh': executable('#!/bin/sh\nexec supervisord -n\n'),
        },
      },
      /supervisord starts/,
    ],
    [
      'a package manager',
      { files: { '/usr/bin/apt-get': executable('x') }, config: { Entrypoint: ['apt-get'] } },
      /apt-get starts/,
    ],
    ['a shell that waits', { config: { Entrypoint: [], Cmd: ['/bin/sh', '-l'] } }, /sh waits for commands/],
    [
      'a script that is too large to be read',
      { files: { '/entry.sh': executable(`#!/bin/sh\n${'#'.repeat(1024 * 1024)}\nunused\n`) } },
      /can't be told what \/entry.sh needs/,
    ],
    ['a damaged database', { files: { '/var/lib/dpkg/info/tool.list': 'no path\n' } }, /can't be trusted/],
  ])('leaves an image with %s as it is', async (_title, description, reason) => {
    const { image, inventory } = await open(debian(description))
    await using _ = image
    const { report, image: written } = await hardenImage(image, inventory, { directory })
    expect(written).toBeUndefined()
    expect(report.unchangedBecause).toMatch(reason)
    expect(report.kept.map(({ purl }) => purl)).toEqual(inventory.packages.map(({ purl }) => purl))
  })

  it.each([
    [
      'a script that passes its arguments on',
      ['/entry.sh', 'tool'],
      '#!/bin/sh\nset -e\nexec "$@"\n',
      'linked',
    ],
    ['a script that may', ['/entry.sh', 'tool'], '#!/bin/sh\nif [ "$1" ]; then "$@"; fi\n', 'possible'],
    ['a script that ends in it', ['/entry.sh'], '#!/bin/sh\nexec tool\n', 'linked'],
    ['a script that runs it in a branch', ['/entry.sh'], '#!/bin/sh\n[ "$1" ] || tool\n', 'possible'],
    ['wrappers', ['tini', '--', '/entry.sh', 'tool'], '#!/bin/sh\nexec "$@"\n', 'linked'],
    ['a shell', ['/bin/sh', '-c', 'cd / && exec tool'], '', 'linked'],
    ['an argument', ['/entry.sh', 'tool'], '#!/bin/sh\n:\n', 'possible'],
  ])('tells how surely a program behind %s is used', async (_what, Entrypoint, script, usage) => {
    const { image, inventory } = await open(
      debian({
        files: { '/entry.sh': executable(script), '/usr/bin/tini': executable('x') },
        config: { Entrypoint },
      }),
    )
    await using _ = image
    const { packages } = await analyzeUsage(image, inventory)
    expect(packages.find(({ purl }) => purl.includes('/tool@'))?.usage).toBe(usage)
  })

  it('supposes that everything is used where it can not be told', async () => {
    const { image, inventory } = await open(
      debian({ files: { '/sbin/init': executable('x') }, config: { Entrypoint: ['/sbin/init'] } }),
    )
    await using _ = image
    const { packages } = await analyzeUsage(image, inventory)
    expect(packages.map(({ usage }) => usage)).toEqual(inventory.packages.map(() => 'possible'))
  })

  it('takes declared commands in place of an entry point', async () => {
    const { image, inventory } = await open(debian({ config: { Entrypoint: [], Cmd: ['sh'] } }))
    await using _ = image
    const { report } = await hardenImage(image, inventory, { directory, commands: [['tool']] })
    expect(report.removed.map(({ name }) => name)).toEqual(['unused'])
  })

  it.each(['/lib/apk/db/installed', '/var/lib/rpm/rpmdb.sqlite'])(
    'leaves an image whose database %s names nothing that can go as it is',
    async (path) => {
      const { image, inventory } = await open(
        createImage({
          layers: [{ files: { [path]: 'P:x\nV:1\n\n', '/run': executable('#!/bin/sh\n') } }],
          config: { Entrypoint: ['/run'] },
        }),
      )
      await using _ = image
      const { report, image: written } = await hardenImage(image, inventory, { directory })
      expect(written).toBeUndefined()
      expect(report.unchangedBecause).toMatch(/can't be trusted|would name no package/)
    },
  )

  it.each([
    ['a file', { symlink: '/usr/share/unused/data' }],
    ['a folder', { symlink: '/usr/share/unused' }],
  ])('keeps what a link of a kept package leads to, %s, as not used', async (_what, link) => {
    const { image, inventory } = await open(
      debian({
        files: { '/usr/share/tool': link },
        lists: { tool: ['/usr/bin/tool', '/usr/share/tool'], lost: ['/usr/bin/lost'] },
      }),
    )
    await using _ = image
    const { report, image: written } = await hardenImage(image, inventory, {
      directory,
      mode: 'relaxed',
      smoke: { elsewhere: 'the laws of this test' },
    })
    await using _written = written
    expect(report.rounds).toBe(0)
    expect(report.removed.map(({ name }) => name)).toEqual(['lost'])
    const kept = report.kept.find(({ purl }) => purl.includes('/unused@'))!
    expect(kept).toMatchObject({ usage: 'present', keptBy: { reason: 'dependency' } })
    expect(kept.keptBy!.detail).toMatch(/^\/usr\/share\/tool leads to (?:it|what it holds)$/)
  })

  it('tells in relaxed mode which dependencies it opened', async () => {
    const { image, inventory } = await open(
      debian({ fields: { tool: 'Depends: unused (>= 1) | other, dash\n' } }),
    )
    await using _ = image
    const { report, image: written } = await hardenImage(image, inventory, {
      directory,
      mode: 'relaxed',
      smoke: { elsewhere: 'the laws of this test' },
    })
    await using _written = written
    expect(report.removed.map(({ name }) => name)).toEqual(['unused'])
    const tool = inventory.packages.find(({ name }) => name === 'tool')!.purl
    expect(report.openDependencies).toEqual([{ purl: tool, dependsOn: 'unused (>= 1) | other' }])
  })

  it('leaves nothing behind but its result', async () => {
    const { image, inventory } = await open(debian())
    const result = await hardenImage(image, inventory, { directory })
    await result.image![Symbol.asyncDispose]()
    await image[Symbol.asyncDispose]()
    expect(await readdir(directory)).toEqual([])
  })
})

const realProgram = '/usr/bin/true'
describe.skipIf(!existsSync(realProgram))(
  `invariants, with ${realProgram} (skipped where it is missing)`,
  () => {
    const prepare = async (edit: { remove?: readonly string[]; keep?: readonly string[] }) => {
      const elf = existsSync(realProgram) ? readFileSync(realProgram) : new Uint8Array()
      const lists = {
        libc: ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'],
        tool: ['/usr/bin/tool', '/var/lib/tool'],
      }
      const opened = await open(
        debian({
          lists,
          files: {
            '/usr/bin/tool': executable(elf),
            '/lib/x86_64-linux-gnu/libc.so.6': executable('libc'),
            '/lib64/ld-linux-x86-64.so.2': executable('ld'),
            '/etc/link': { symlink: '/app/data.txt' },
            '/var/lib/tool': { directory: true },
          },
          fields: { tool: 'Depends: libc\n' },
        }),
      )
      const analysis = await analyzeUsage(opened.image, opened.inventory)
      const systems = await openSystems(opened.image, opened.inventory.packages)
      const plan = await planHardening(opened.image.tree, analysis, opened.inventory, systems)
      const planned = await planEdit(opened.image, plan, systems)
      const remove = new Set([...planned.remove, ...(edit.remove ?? [])])
      for (const path of edit.keep ?? []) remove.delete(path)
      return { ...opened, analysis, systems, plan, edit: { ...planned, remove } }
    }

    it.each([
      ['I1', 'the target of a link', { remove: ['/app/data.txt'] }],
      ['I2', 'a needed library', { remove: ['/lib/x86_64-linux-gnu/libc.so.6'] }],
      ['I2', 'a program interpreter', { remove: ['/lib64/ld-linux-x86-64.so.2'] }],
      ['I3', 'the interpreter of a script', { remove: ['/bin/sh'] }],
      ['I3-commands', 'the entry point', { remove: ['/entry.sh'] }],
      ['I6', 'a file that a kept package lists', { remove: ['/usr/bin/tool'] }],
      ['I6', 'a folder that a kept package lists', { remove: ['/var/lib/tool'] }],
      ['I6', 'nothing, of a package that goes, but keeping its file', { keep: ['/usr/bin/unused'] }],
    ])('%s turns red when an edit takes away %s', async (id, _what, wrong) => {
      const { image, analysis, systems, plan, edit } = await prepare(wrong)
      await using _ = image
      const checked = await checkPlan(image, analysis, plan, edit, systems, undefined)
      expect(checked.find((one) => one.id === id)!.violations).not.toEqual([])
    })

    it('holds for the real plan', async () => {
      const { image, analysis, systems, plan, edit } = await prepare({})
      await using _ = image
      const checked = await checkPlan(image, analysis, plan, edit, systems, undefined)
      expect(checked.flatMap(({ violations }) => violations)).toEqual([])
    })

    it('I5 turns red for an open dependency', async () => {
      const { image, analysis, systems, plan, edit } = await prepare({})
      await using _ = image
      const isLibrary = (name: string) => name === 'libc'
      const wrong = {
        ...plan,
        kept: plan.kept.filter(({ package: { name } }) => !isLibrary(name)),
        removed: plan.kept.map(({ package: found }) => found).filter(({ name }) => isLibrary(name)),
      }
      const checked = await checkPlan(image, analysis, wrong, edit, systems, undefined)
      expect(checked.find(({ id }) => id === 'I5')!.violations).toHaveLength(1)
    })

    it('checks of the result turn red for an image that was not changed', async () => {
      const { image, inventory, analysis, systems, plan, edit } = await prepare({})
      await using _ = image
      const before = { image, inventory, systems }
      const redOf = async (after: typeof before, wrong: Parameters<typeof checkResult>[2]) =>
        (await checkResult(before, after, wrong))
          .filter(({ violations }) => violations.length > 0)
          .map(({ id }) => id)
      expect(await redOf(before, { analysis, plan, edit })).toEqual(['I7', 'I9', 'I11'])
      const vanished = { ...before, inventory: { ...inventory, packages: [] } }
      expect(
        await redOf(vanished, {
          analysis,
          plan: { ...plan, removed: [] },
          edit: { remove: new Set(), replace: new Map() },
        }),
      ).toEqual(['I6', 'I9'])
    })

    it('I12 turns red when the result could be hardened once more', async () => {
      const { image, inventory, analysis, systems, plan, edit } = await prepare({})
      await using _ = image
      const again = inventory.packages.filter(({ name }) => name === 'unused')
      const before = { image, inventory, systems }
      const checked = await checkResult(before, before, { analysis, plan, edit, again })
      expect(checked.find(({ id }) => id === 'I12')!.violations).toHaveLength(1)
    })

    it('checks of the result turn red for other metadata and another configuration', async () => {
      const { image, inventory, analysis, systems, plan } = await prepare({})
      await using _ = image
      const other = await open(
        debian({
          files: { '/entry.sh': { content: '#!/bin/sh\nset -e\nexec tool "$@"\n', mode: 0o700 } },
          config: { Entrypoint: ['/entry.sh', 'x'] },
        }),
      )
      await using _other = other.image
      const red = await checkResult(
        { image, inventory, systems },
        { ...other, systems: await openSystems(other.image, other.inventory.packages) },
        { analysis, plan, edit: { remove: new Set(), replace: new Map() } },
      )
      expect(red.filter(({ id, violations }) => /I8|I13/.test(id) && violations.length > 0)).toHaveLength(2)
    })
  },
)

describe('I4', () => {
  it('turns red when a program that starts a shell would lose it', async () => {
    const { image, inventory } = await open(
      debian({
        files: { '/usr/bin/tool': executable(buildElf({ imports: ['popen'] })) },
        config: { Entrypoint: ['/usr/bin/tool'] },
      }),
    )
    await using _ = image
    const analysis = await analyzeUsage(image, inventory)
    const systems = await openSystems(image, inventory.packages)
    const plan = await planHardening(image.tree, analysis, inventory, systems)
    expect(plan.removed.map(({ name }) => name)).not.toContain('dash')
    const edit = { remove: new Set(['/bin/sh']), replace: new Map() }
    const checked = await checkPlan(image, analysis, plan, edit, systems, undefined)
    expect(checked.find(({ id }) => id === 'I4')!.violations).toMatchObject([{ path: '/bin/sh' }])
  })
})
