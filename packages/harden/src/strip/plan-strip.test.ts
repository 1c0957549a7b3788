import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildElf } from '../elf/elf.fixture.ts'
import { openSystems } from '../systems/open-systems.ts'
import { analyzeUsage } from '../usage/analyze-usage.ts'
import { planStrip } from './plan-strip.ts'
import { createClassifier, type StripOptions } from './strip-options.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strip-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const md5 = '0123456789abcdef0123456789abcdef'
const executable = (content: string | Uint8Array): FileDescription => ({ content, mode: 0o755 })

interface Described {
  readonly files: Readonly<Record<string, FileDescription>>
  /** Paths of the package `tool`; the others have no owner. */
  readonly owned?: readonly string[]
  readonly entry?: string
}

async function strip(
  { files, owned = Object.keys(files), entry = '/usr/bin/tool' }: Described,
  options: StripOptions,
) {
  const list = ['/usr/bin/tool', ...owned]
  const source = createImage({
    layers: [
      {
        files: {
          '/bin': { symlink: 'usr/bin' },
          '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
          '/usr/bin/tool': executable('#!/usr/bin/sh\n:\n'),
          '/usr/bin/sh': executable('\u007fELF'),
          '/var/lib/dpkg/status':
            `Package: tool\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n` +
            `Conffiles:\n /etc/tool ${md5}\n /usr/share/doc/tool/conf ${md5}\nDescription: x\n`,
          '/var/lib/dpkg/info/tool.list': `/.\n${list.map((path) => path.replace(/^\/usr\/bin/, '/bin')).join('\n')}\n`,
          '/var/lib/dpkg/info/tool.md5sums': list.map((path) => `${md5}  ${path.slice(1)}\n`).join(''),
          ...files,
        },
      },
    ],
    config: { Entrypoint: [entry] },
  })
  await using image = await openImage(source, source.raw, { directory })
  const inventory = await createInventory(image)
  const analysis = await analyzeUsage(image, inventory)
  const systems = await openSystems(image, inventory.packages)
  const edit = { remove: new Set<string>(), replace: new Map<string, Uint8Array>() }
  const report = await planStrip({ image, kept: inventory.packages, analysis, systems }, edit, options)
  const text = (path: string) => Buffer.from(edit.replace.get(path) ?? '').toString()
  return {
    report,
    removed: [...edit.remove].sort(),
    list: text('/var/lib/dpkg/info/tool.list'),
    sums: text('/var/lib/dpkg/info/tool.md5sums'),
    status: text('/var/lib/dpkg/status'),
  }
}

describe('createClassifier', () => {
  it.each<[string, StripOptions, string | undefined]>([
    ['/usr/share/doc/a/changelog.gz', true, 'docs'],
    ['/usr/share/doc/a/copyright', true, undefined],
    ['/usr/share/doc/a/LICENSE.txt', true, undefined],
    ['/usr/share/doc/a/NOTICE', { docs: true }, undefined],
    ['/usr/share/man/man1/a.1.gz', true, 'man'],
    ['/usr/share/man/man1/a.1.gz', { docs: true }, undefined],
    ['/usr/share/man/man1/a.1.gz', { man: false }, undefined],
    ['/usr/share/info/a.info', true, 'info'],
    ['/usr/share/locale/de/LC_MESSAGES/a.mo', true, 'locales'],
    ['/usr/share/locale/en_GB/LC_MESSAGES/a.mo', { locales: { keep: ['en'] } }, undefined],
    ['/usr/share/locale/enx/LC_MESSAGES/a.mo', { locales: { keep: ['en'] } }, 'locales'],
    ['/usr/share/locale/pt_BR/LC_MESSAGES/a.mo', { locales: { keep: ['pt_BR'] } }, undefined],
    ['/usr/share/locale/pt/LC_MESSAGES/a.mo', { locales: { keep: ['pt_BR'] } }, 'locales'],
    ['/usr/share/locale/locale.alias', true, undefined],
    ['/usr/lib/locale/C.utf8/LC_CTYPE', true, undefined],
    ['/usr/local/include/node/v8.h', true, 'headers'],
    ['/usr/lib/x86_64-linux-gnu/pkgconfig/z.pc', true, 'headers'],
    ['/usr/lib/x86_64-linux-gnu/libz.a', true, 'staticLibraries'],
    ['/usr/share/bash-completion/completions/a', true, 'completions'],
    ['/var/cache/fontconfig/x', true, 'caches'],
    ['/var/cache/debconf/config.dat', true, undefined],
    ['/var/log/apt/history.log', true, 'logs'],
    ['/var/log/lastlog', true, undefined],
    ['/usr/bin/a', true, undefined],
    ['/usr/bin/a', { unusedFiles: true }, 'unusedFiles'],
    ['/usr/share/doc/a', { docs: true }, 'docs'],
    ['/usr/share/doc/a', false, undefined],
  ])('says of %s with %j: %s', (path, options, expected) => {
    expect(createClassifier(options)(path)).toBe(expected)
  })
})

describe('planStrip', () => {
  it('takes files out of the lists and checksums of their package, and no other line', async () => {
    const { removed, list, sums, status, report } = await strip(
      {
        files: {
          '/usr/share/doc/tool/copyright': 'c',
          '/usr/share/doc/tool/changelog': 'long',
          '/usr/share/man/man1/tool.1': 'm',
          '/etc/tool': 'conf',
          '/usr/share/doc/tool/conf': 'a configuration file',
        },
      },
      true,
    )
    expect(removed).toEqual(['/usr/share/doc/tool/changelog', '/usr/share/man/man1/tool.1'])
    expect(list).toBe('/.\n/bin/tool\n/usr/share/doc/tool/copyright\n/etc/tool\n/usr/share/doc/tool/conf\n')
    expect(sums).toBe(
      ['usr/bin/tool', 'usr/share/doc/tool/copyright', 'etc/tool', 'usr/share/doc/tool/conf']
        .map((path) => `${md5}  ${path}\n`)
        .join(''),
    )
    expect(status).toBe('')
    expect(report.categories).toEqual({ docs: { files: 1, bytes: 4 }, man: { files: 1, bytes: 1 } })
    expect(report.unowned).toEqual([])
  })

  it('keeps what is reached, and what links, programs and scripts that stay need', async () => {
    const { removed } = await strip(
      {
        files: {
          '/usr/bin/tool': executable('#!/usr/bin/sh\ncat /usr/share/doc/tool/read\n'),
          '/usr/share/doc/tool/read': 'used',
          '/usr/share/doc/tool/linked': 'x',
          '/srv/link': { symlink: '/usr/share/doc/tool/step' },
          '/usr/share/doc/tool/step': { symlink: 'linked' },
          '/usr/share/doc/tool/gone': 'x',
          '/usr/share/doc/tool/run': executable('#!/bin/sh\n'),
          '/opt/script': executable('#!/usr/share/doc/tool/run\n'),
          '/opt/program': executable(buildElf({ needed: ['libdoc.so'] })),
          '/usr/share/doc/tool/libdoc.so': buildElf({}),
          '/usr/share/doc/tool-link': { symlink: 'tool' },
        },
        owned: [
          ...['read', 'linked', 'step', 'gone', 'run', 'libdoc.so'].map(
            (name) => `/usr/share/doc/tool/${name}`,
          ),
          '/usr/share/doc/tool-link',
        ],
      },
      true,
    )
    expect(removed).toEqual(['/usr/share/doc/tool/gone'])
  })

  it('takes generated links along that would lead nowhere', async () => {
    const { removed } = await strip(
      {
        files: {
          '/usr/share/man/man1/real.1.gz': 'x',
          '/etc/alternatives/a.1.gz': { symlink: '/usr/share/man/man1/real.1.gz' },
          '/usr/share/man/man1/a.1.gz': { symlink: '/etc/alternatives/a.1.gz' },
        },
        owned: ['/usr/share/man/man1/real.1.gz'],
      },
      { man: true },
    )
    expect(removed).toEqual([
      '/etc/alternatives/a.1.gz',
      '/usr/share/man/man1/a.1.gz',
      '/usr/share/man/man1/real.1.gz',
    ])
  })

  it('takes unused programs and data of used packages only when asked to, never configuration', async () => {
    const described: Described = {
      files: {
        '/usr/bin/helper': executable('#!/usr/bin/sh\n'),
        '/usr/share/tool/data': 'x',
        '/usr/share/tool/copyright': 'x',
        '/etc/tool': 'x',
        '/opt/own': 'x',
        '/usr/share/own': 'x',
      },
      owned: ['/usr/bin/helper', '/usr/share/tool/data', '/usr/share/tool/copyright', '/etc/tool'],
    }
    expect((await strip(described, true)).removed).toEqual([])
    const { removed, list } = await strip(described, { unusedFiles: true })
    expect(removed).toEqual(['/usr/bin/helper', '/usr/share/tool/data'])
    expect(list).toBe('/.\n/bin/tool\n/usr/share/tool/copyright\n/etc/tool\n')
  })

  it('keeps logs that lead to the output, and says why nothing goes when use is unknown', async () => {
    const files = {
      '/var/log/a.log': { symlink: '/dev/stdout' },
      '/var/log/b.log': 'text',
      '/var/cache/x': 'y',
    }
    const { removed, report } = await strip({ files, owned: [] }, true)
    expect(removed).toEqual(['/var/cache/x', '/var/log/b.log'])
    expect(report.unowned).toEqual(removed)
    const unknown = await strip({ files, entry: '/none' }, true)
    expect(unknown.removed).toEqual([])
    expect(unknown.report.nothingBecause).toContain('/none')
  })
})
