import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSallyportError } from '@sallyport/core'
import { createTarWriter, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription, type LayerDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { debianImage, type DescribedDebian, executable, program } from './breakages/debian-image.fixture.ts'
import { hardenImage } from './harden-image.ts'
import { checkInvariants } from './invariants/check-invariants.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bad-input-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** What became of an image: removed packages, or why there is no result. */
interface Outcome {
  readonly removed?: readonly string[]
  readonly unchangedBecause?: string
  readonly code?: string
}

type Source = ReturnType<typeof createImage>

/** Hardens in both modes; a result must hold every law, and what is not a package's own stays where it was. */
async function harden(source: Source, mode: 'closed' | 'relaxed'): Promise<Outcome> {
  try {
    await using image = await openImage(source, source.raw, { directory })
    const inventory = await createInventory(image)
    const {
      image: after,
      report,
      inventory: left,
    } = await hardenImage(image, inventory, {
      mode,
      directory,
      smoke: { elsewhere: 'the laws of this test' },
    })
    await using _after = after
    if (!after) return { unchangedBecause: report.unchangedBecause! }
    const { laws } = await checkInvariants({ image, inventory }, { image: after, inventory: left! }, report)
    expect(laws.filter(({ holds }) => !holds)).toEqual([])
    expect(report.invariants.filter(({ holds }) => !holds)).toEqual([])
    // The shell goes where nothing runs one.
    return {
      removed: report.removed
        .map(({ name }) => name)
        .filter((name) => name !== 'dash')
        .sort(),
    }
  } catch (error) {
    if (!isSallyportError(error)) throw error
    return { code: error.code }
  }
}

const server = { files: { '/usr/sbin/server': program() }, fields: 'Depends: libc6\n' }
const app = { packages: { server }, config: { Entrypoint: ['server'] } }
const described = (more: Partial<DescribedDebian> = {}): Source =>
  debianImage({ ...app, ...more, packages: { ...app.packages, ...more.packages } })

const stanza = (name: string, more = '') =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n${more}Description: ${name}\n`
const status = (...stanzas: readonly string[]): Record<string, FileDescription> => ({
  '/var/lib/dpkg/status': stanzas.join('\n'),
})
const base = ['base-files', 'libc6', 'dash', 'server'].map((name) => stanza(name))
const onTop = (files: LayerDescription['files']): Source => described({ layers: [{ files }] })

const supervised = (files: Record<string, FileDescription>, config: Record<string, unknown>): Source =>
  described({
    packages: {
      supervisor: {
        files: { '/usr/bin/supervisord': executable('#!/bin/sh\n'), '/usr/lib/systemd/systemd': program() },
      },
      service: { files: { '/usr/sbin/serviced': program() } },
    },
    unowned: { '/sbin/init': { symlink: '../lib/systemd/systemd' }, ...files },
    config,
  })
const supervisordFile = { '/etc/supervisord.conf': '[program:a]\ncommand=/usr/sbin/serviced -n\n' }
const targets = {
  '/etc/systemd/system/default.target': '[Unit]\nWants=a.service\n',
  '/etc/systemd/system/a.service': '[Service]\nExecStart=/usr/sbin/serviced -n\n',
}
const entry = (text: string) => ({ '/entry.sh': executable(`#!/bin/sh\nset -e\n${text}\n`) })

/** A tar of one layer with a name that its author should not have. */
const tarOf = (path: string) => createTarWriter().add({ type: 'file', path, data: 'x' }).finish()

const cases: readonly (readonly [what: string, source: () => Source, outcome: Outcome | RegExp])[] = [
  [
    'no package database',
    () => createImage({ layers: [{ files: { '/app': program() } }], config: { Entrypoint: ['/app'] } }),
    /has no packages that can be removed/,
  ],
  ['a database of zeros', () => onTop({ '/var/lib/dpkg/status': new Uint8Array(4096) }), /can't be trusted/],
  // The lists of files say that there were packages.
  ['an emptied database', () => onTop({ '/var/lib/dpkg/status': '' }), /can't be trusted/],
  [
    'a database that is a folder',
    () =>
      described({
        layers: [
          { whiteouts: ['/var/lib/dpkg/status'] },
          { files: { '/var/lib/dpkg/status': { directory: true, mode: 0o755 } } },
        ],
      }),
    /can't be trusted/,
  ],
  [
    'a database that is a link out of the image',
    () =>
      described({
        layers: [
          { whiteouts: ['/var/lib/dpkg/status'] },
          { files: { '/var/lib/dpkg/status': { symlink: '../../../../../../etc/hostname' } } },
        ],
      }),
    /can't be trusted/,
  ],
  [
    'one package, which could leave',
    () =>
      createImage({
        layers: [
          {
            files: {
              '/usr/local/bin/python3': executable('python program'),
              '/app/main.py': 'import os\n',
              '/usr/local/lib/python3.13/site-packages/wheel-1.0.dist-info/METADATA':
                'Metadata-Version: 2.1\nName: wheel\nVersion: 1.0\n',
              '/usr/local/lib/python3.13/site-packages/wheel-1.0.dist-info/RECORD':
                'wheel-1.0.dist-info/METADATA,,\nwheel-1.0.dist-info/RECORD,,\n',
            },
          },
        ],
        config: { Entrypoint: ['python3', '/app/main.py'] },
      }),
    /would name no package/,
  ],
  [
    'a stanza without a name',
    () => onTop(status(...base, 'Status: install ok installed\nVersion: 1\n')),
    /can't be trusted/,
  ],
  [
    'an upper layer that cuts the database in a stanza',
    () => onTop({ '/var/lib/dpkg/status': [...base, 'Package: unused\nStat'].join('\n') }),
    /can't be trusted/,
  ],
  [
    'an upper layer that cuts the database in a version',
    () =>
      onTop({
        '/var/lib/dpkg/status': `${base.join('\n')}\nPackage: unused\nStatus: install ok installed\nVer`,
      }),
    /can't be trusted/,
  ],
  [
    'a package twice that nobody needs',
    () => onTop(status(...base, stanza('unused'), stanza('unused'))),
    { removed: ['unused', 'unused'] },
  ],
  [
    'a package twice that nobody needs, with two versions',
    () => onTop(status(...base, stanza('unused'), stanza('unused').replace('Version: 1', 'Version: 2'))),
    { removed: ['unused', 'unused'] },
  ],
  [
    'a package twice that is used',
    () => onTop(status(...base, stanza('server'), stanza('unused'))),
    { removed: ['unused'] },
  ],
  [
    'dependencies in a circle that nobody needs',
    () =>
      described({
        packages: {
          a: { files: { '/usr/bin/a': program() }, fields: 'Depends: b\n' },
          b: { files: { '/usr/bin/b': program() }, fields: 'Depends: c\n' },
          c: { files: { '/usr/bin/c': program() }, fields: 'Depends: a\nPre-Depends: c\n' },
        },
      }),
    { removed: ['a', 'b', 'c', 'unused'] },
  ],
  [
    'links in a circle',
    () =>
      described({
        packages: {
          loops: {
            files: { '/usr/share/loops/a': { symlink: 'b' }, '/usr/share/loops/b': { symlink: 'a' } },
          },
        },
        unowned: {
          '/srv/self': { symlink: 'self' },
          '/srv/up': { symlink: '..' },
          '/srv/one': { symlink: 'two/x' },
          '/srv/two': { symlink: 'one' },
        },
      }),
    { removed: ['loops', 'unused'] },
  ],
  [
    'device nodes and pipes, owned and not',
    () =>
      described({
        packages: {
          nodes: {
            files: {
              '/usr/lib/nodes/null': { device: 'character', major: 1, minor: 3, mode: 0o666 },
              '/usr/lib/nodes/pipe': { fifo: true },
            },
          },
        },
        unowned: {
          '/dev/disk': { device: 'block', major: 8, minor: 0 },
          '/run/pipe': { fifo: true, mode: 0o755 },
        },
      }),
    { removed: ['nodes', 'unused'] },
  ],
  [
    'an entry point that is a pipe',
    () => described({ unowned: { '/app': { fifo: true, mode: 0o755 } }, config: { Entrypoint: ['/app'] } }),
    /does not hold the command/,
  ],
  [
    'an entry point that is not there',
    () => described({ config: { Entrypoint: ['/nowhere'] } }),
    /does not hold the command/,
  ],
  [
    'an entry point outside of the image',
    () => described({ config: { Entrypoint: ['../../../../bin/true-of-the-host'] } }),
    /does not hold the command/,
  ],
  [
    'lists that name paths outside of the image',
    () =>
      described({
        packages: {
          escape: {
            files: { '/usr/bin/escape': program() },
            lists: ['/../../etc/passwd', '/usr/../app.conf'],
          },
        },
        unowned: { '/app.conf': 'own' },
      }),
    /can't be trusted/,
  ],
  [
    'links out of the image, absolute and with many parents',
    () =>
      described({
        packages: { outside: { files: { '/usr/share/outside': { symlink: '/proc/1/root/etc' } } } },
        unowned: {
          '/srv/outside': { symlink: '../../../../../../../../etc/passwd' },
          '/srv/host': { symlink: '/host/only' },
        },
      }),
    { removed: ['outside', 'unused'] },
  ],
  [
    'a layer with a path out of the image',
    () => described({ layers: [{ tar: tarOf('../../etc/cron.d/own') }] }),
    { code: 'PATH_INVALID' },
  ],
  ['systemd without a unit', () => supervised({}, { Entrypoint: ['/sbin/init'] }), /no configuration|init/],
  [
    'systemd with units',
    () => supervised(targets, { Entrypoint: ['/sbin/init'] }),
    { removed: ['server', 'unused'] },
  ],
  [
    'systemd with a unit whose program a variable names',
    () =>
      supervised(
        { ...targets, '/etc/systemd/system/a.service': '[Service]\nExecStart=$DAEMON -n\n' },
        { Entrypoint: ['/sbin/init'] },
      ),
    /whose program can't be told/,
  ],
  ['supervisord without a configuration', () => supervised({}, { Cmd: ['supervisord'] }), /no configuration/],
  [
    'supervisord with its configuration',
    () => supervised(supervisordFile, { Cmd: ['supervisord', '-n'] }),
    { removed: ['server', 'unused'] },
  ],
  [
    'supervisord behind a script, by the arguments',
    () => supervised(entry('exec "$@"'), { Entrypoint: ['/entry.sh'], Cmd: ['supervisord'] }),
    /no configuration/,
  ],
  [
    'supervisord at the end of a script, by a plain word',
    () => supervised(entry('exec supervisord -n'), { Entrypoint: ['/entry.sh'] }),
    /supervisord starts/,
  ],
  [
    'supervisord in a shell command',
    () => supervised({}, { Cmd: ['/bin/sh', '-c', 'exec supervisord -n'] }),
    /supervisord starts/,
  ],
  [
    'a supervisor outside of PATH at the end of a script',
    () =>
      supervised(
        {
          ...entry('exec /opt/venv/bin/supervisord -n'),
          '/opt/venv/bin/supervisord': executable('#!/bin/sh\n'),
        },
        { Entrypoint: ['/entry.sh'] },
      ),
    /supervisord starts/,
  ],
  [
    'systemd at the end of a script, by its own path',
    () => supervised(entry('exec /lib/systemd/systemd'), { Entrypoint: ['/entry.sh'] }),
    /systemd starts/,
  ],
]

describe.each(['closed', 'relaxed'] as const)('hardenImage, %s, on an image with', (mode) => {
  it.each(cases)('%s', async (_what, source, expected) => {
    const outcome = await harden(source(), mode)
    if (expected instanceof RegExp) expect(outcome.unchangedBecause).toMatch(expected)
    else expect(outcome).toEqual(expected)
    // Nothing is left behind that looks like a result.
    expect(await readdir(directory)).toEqual([])
  })
})

describe('hardenImage, on very large images', () => {
  it('removes a package of 180,000 files beside 20,000 that stay', async () => {
    const files: Record<string, FileDescription> = {}
    const unowned: Record<string, FileDescription> = {}
    for (let index = 0; index < 180_000; index++) files[`/usr/share/large/${index % 100}/${index}`] = ''
    for (let index = 0; index < 20_000; index++) unowned[`/srv/${index % 100}/${index}`] = ''
    const source = described({ packages: { large: { files } }, unowned })
    await using image = await openImage(source, source.raw, { directory })
    const { image: after, report } = await hardenImage(image, await createInventory(image), { directory })
    await using _after = after
    expect(report.removed.map(({ name }) => name)).toContain('large')
    expect(after!.tree.size).toBeLessThan(25_000)
  }, 600_000)
})
