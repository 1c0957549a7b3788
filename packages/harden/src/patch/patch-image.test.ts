import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type Image, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'
import { createImage, type FileDescription } from '@sallyport/testkit'
import type { PrivateKey } from 'openpgp'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  buildSuite,
  createKey,
  type DebDescription,
  md5,
  memoryMirror,
  type MirrorFiles,
  type SuiteDescription,
  today,
} from './mirror.fixture.ts'
import { patchImage, type PatchImageOptions } from './patch-image.ts'

let directory: string
let key: PrivateKey
beforeAll(async () => {
  key = await createKey()
})
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patch-test-'))
})
const opened: Image[] = []
afterEach(async () => {
  for (const image of opened.splice(0)) await image[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

interface Installed {
  readonly version?: string
  readonly fields?: string
  readonly status?: string
  /** Paths of its list. */
  readonly list?: readonly string[]
  readonly info?: Readonly<Record<string, string>>
}

const stanza = (
  name: string,
  { version = '1.0-1', fields = '', status = 'install ok installed' }: Installed,
) =>
  `Package: ${name}\nStatus: ${status}\nMaintainer: Nobody <nobody@example.com>\nArchitecture: amd64\nVersion: ${version}\n${fields}Description: ${name}\n`

/** A Debian with merged `/usr`, and the packages given. */
function debian(
  packages: Readonly<Record<string, Installed>>,
  files: Readonly<Record<string, FileDescription>> = {},
) {
  const all: Readonly<Record<string, Installed>> = {
    'base-files': { list: ['/etc/os-release'] },
    ...packages,
  }
  const info = Object.entries(all).flatMap(([name, { list = [], info: more = {} }]) => [
    [`/var/lib/dpkg/info/${name}.list`, `/.\n${list.map((path) => `${path}\n`).join('')}`] as const,
    ...Object.entries(more).map(([ending, text]) => [`/var/lib/dpkg/info/${name}.${ending}`, text] as const),
  ])
  return createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
          '/usr': { directory: true },
          '/usr/lib': { directory: true },
          '/lib': { symlink: 'usr/lib' },
          '/var/lib/dpkg/status': Object.entries(all)
            .map(([name, one]) => stanza(name, one))
            .join('\n'),
          ...Object.fromEntries(info),
          ...files,
        },
      },
      { files: { '/app/data.txt': 'own data' } },
    ],
  })
}

async function open(source: ReturnType<typeof createImage>) {
  const image = await openImage(source, source.raw, { directory })
  opened.push(image)
  return { image, inventory: await createInventory(image) }
}

type Run = Partial<Omit<PatchImageOptions, 'sources'>> & {
  readonly suite?: Partial<SuiteDescription>
  /** Changes the mirror after it was made. */
  readonly tamper?: (files: MirrorFiles) => void
  readonly keyring?: string
  readonly asked?: string
}

async function patch(
  source: ReturnType<typeof createImage>,
  packages: readonly DebDescription[],
  { suite, tamper, keyring, asked = 'bookworm-security', ...options }: Run = {},
) {
  const files = await buildSuite({ packages, key, folder: asked, ...suite })
  tamper?.(files)
  const { image, inventory } = await open(source)
  const mirror = memoryMirror(files)
  const result = await patchImage(image, inventory, {
    sources: [
      { type: 'deb', mirror, suite: asked, components: ['main'], keyring: keyring ?? key.toPublic().armor() },
    ],
    now: today,
    directory,
    ...options,
  })
  if (result.image) opened.push(result.image)
  return { before: image, inventory, ...result }
}

async function read(image: Image, path: string): Promise<string | undefined> {
  const node = image.tree.get(path)
  return node && Buffer.from(await image.readFile(node)).toString()
}

const tool: Installed = { list: ['/usr', '/usr/bin', '/usr/bin/tool'] }
const toolFiles = { '/usr/bin/tool': { content: 'old', mode: 0o755 } } as const
const newTool: DebDescription = {
  name: 'tool',
  version: '1.0-2',
  files: { '/usr/bin/tool': { content: 'new tool', mode: 0o755 } },
}

const finding = (purl: string, versions: readonly string[], id = 'CVE-2026-1'): Finding => ({
  id,
  aliases: [],
  package: { purl, type: 'deb', name: 'tool', version: '1.0-1' },
  severity: 'high',
  ratings: [],
  fix: { state: 'fixed', versions },
  scanners: ['test'],
})
const toolPurl = 'pkg:deb/debian/tool@1.0-1?arch=amd64&distro=debian-12'

describe('patchImage on dpkg', () => {
  it('writes files, lists and database as dpkg does, and keeps what the image changed', async () => {
    const conf = (text: string) => ({ content: text, mode: 0o600 })
    const source = debian(
      {
        tool: {
          list: [
            '/etc',
            '/etc/tool',
            '/etc/tool/same',
            '/etc/tool/changed',
            '/etc/tool/deleted',
            '/etc/tool/obsolete',
            '/lib',
            '/lib/libtool.so.1',
            '/usr',
            '/usr/bin',
            '/usr/bin/tool',
            '/usr/share',
            '/usr/share/old',
            '/usr/share/old/data',
            '/usr/share/doc',
            '/usr/share/doc/tool',
            '/usr/share/doc/tool/README',
          ],
          fields: `Conffiles:\n${['same', 'changed', 'deleted', 'obsolete']
            .map((name) => ` /etc/tool/${name} ${md5('first')}\n`)
            .join('')}`,
          info: {
            md5sums: `${md5('old')}  usr/bin/tool\n`,
            conffiles: '/etc/tool/same\n/etc/tool/changed\n/etc/tool/deleted\n/etc/tool/obsolete\n',
            shlibs: 'libtool 1\n',
          },
        },
        other: { list: ['/usr/bin/other'] },
      },
      {
        '/etc/dpkg/dpkg.cfg.d/docker':
          'path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n',
        '/etc/tool/same': conf('first'),
        '/etc/tool/changed': conf('by the image'),
        '/etc/tool/obsolete': conf('first'),
        '/usr/lib/libtool.so.1': 'old library',
        '/usr/bin/tool': { content: 'old', mode: 0o700, uid: 5, xattrs: { 'user.note': 'kept' } },
        '/usr/bin/other': 'other',
        '/usr/share/old/data': 'only in the old version',
      },
    )
    const { image, inventory, report, before } = await patch(source, [
      {
        name: 'tool',
        version: '1:1.0-2',
        fields: 'Section: utils\nHomepage: https://example.com\nDepends: other (>= 1.0)\n',
        conffiles: ['/etc/tool/same', '/etc/tool/changed', '/etc/tool/deleted', '/etc/tool/fresh'],
        info: { triggers: 'activate-noawait ldconfig\n' },
        files: {
          '/etc/tool/same': 'second',
          '/etc/tool/changed': 'second',
          '/etc/tool/deleted': 'second',
          '/etc/tool/fresh': 'second',
          '/lib/libtool.so.1': 'new library',
          '/lib/libtool.so': { symlink: 'libtool.so.1' },
          '/usr/bin/tool': { content: 'new tool', mode: 0o755 },
          '/usr/share/doc/tool/README': 'read me',
          '/usr/share/doc/tool/copyright': 'free',
          '/usr/share/fresh/data': 'fresh',
        },
      },
    ])
    const after = image!
    expect(report.packages.filter(({ name }) => name === 'tool')).toEqual([
      expect.objectContaining({
        state: 'patched',
        available: '1:1.0-2',
        keptConffiles: ['/etc/tool/changed'],
        leftOut: ['/etc/tool/deleted', '/usr/share/doc/tool/README'],
      }),
    ])
    expect(report.invariants.map(({ holds }) => holds)).not.toContain(false)
    expect(inventory!.packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'base-files 1.0-1',
      'other 1.0-1',
      'tool 1:1.0-2',
    ])
    const contents = await Promise.all(
      ['same', 'changed', 'deleted', 'fresh', 'obsolete'].map((name) => read(after, `/etc/tool/${name}`)),
    )
    expect(contents).toEqual(['second', 'by the image', undefined, 'second', 'first'])
    expect(await read(after, '/usr/lib/libtool.so.1')).toBe('new library')
    expect(after.tree.get('/usr/lib/libtool.so')?.linkTarget).toBe('libtool.so.1')
    expect(after.tree.get('/lib')?.type).toBe('symlink')
    expect(after.tree.get('/usr/bin/tool')).toMatchObject({ mode: 0o700, uid: 5, mtime: 1_700_000_000 })
    expect(after.tree.get('/usr/bin/tool')!.xattrs.size).toBe(1)
    expect(after.tree.get('/usr/share/old')).toBeUndefined()
    expect(after.tree.get('/usr/share/doc/tool/README')).toBeUndefined()
    expect(await read(after, '/usr/share/doc/tool/copyright')).toBe('free')
    expect(after.tree.get('/var/lib/dpkg/info/tool.shlibs')).toBeUndefined()
    expect(await read(after, '/var/lib/dpkg/info/tool.triggers')).toBe('activate-noawait ldconfig\n')
    expect((await read(after, '/var/lib/dpkg/info/tool.list'))!.split('\n')).toEqual([
      '/etc',
      '/etc/tool',
      '/etc/tool/same',
      '/etc/tool/changed',
      '/etc/tool/deleted',
      '/etc/tool/fresh',
      '/lib',
      '/lib/libtool.so.1',
      '/lib/libtool.so',
      '/usr',
      '/usr/bin',
      '/usr/bin/tool',
      '/usr/share',
      '/usr/share/doc',
      '/usr/share/doc/tool',
      '/usr/share/doc/tool/README',
      '/usr/share/doc/tool/copyright',
      '/usr/share/fresh',
      '/usr/share/fresh/data',
      '/etc/tool/obsolete',
      '',
    ])
    const status = (await read(after, '/var/lib/dpkg/status'))!.split('\n\n')
    expect(status.map((text) => text.split('\n', 1)[0])).toEqual([
      'Package: base-files',
      'Package: tool',
      'Package: other',
    ])
    expect(status[1]!.split('\n')).toEqual([
      'Package: tool',
      'Status: install ok installed',
      'Section: utils',
      'Maintainer: Nobody <nobody@example.com>',
      'Architecture: amd64',
      'Version: 1:1.0-2',
      'Depends: other (>= 1.0)',
      'Conffiles:',
      ...['same', 'changed', 'deleted', 'fresh'].map((name) => ` /etc/tool/${name} ${md5('second')}`),
      ` /etc/tool/obsolete ${md5('first')} obsolete`,
      'Description: tool',
      'Homepage: https://example.com',
    ])
    // The layer of the application is the same blob; the old bytes are in none.
    expect(after.layers.map(({ diffId }) => diffId)).toContain(before.layers[1]!.diffId)
    expect(after.layers.map(({ diffId }) => diffId)).not.toContain(before.layers[0]!.diffId)
  })

  it('gives the same digest twice, does nothing to its own result, and leaves nothing but it', async () => {
    const source = debian({ tool }, toolFiles)
    const one = await patch(source, [newTool])
    const two = await patch(source, [newTool])
    expect(one.image!.raw.descriptor.digest).toBe(two.image!.raw.descriptor.digest)
    expect((await readdir(directory)).some((name) => name.startsWith('sallyport-patch-'))).toBe(false)
    const files = await buildSuite({ packages: [newTool], key })
    const again = await patchImage(one.image!, await createInventory(one.image!), {
      sources: [
        {
          type: 'deb',
          mirror: memoryMirror(files),
          suite: 'bookworm-security',
          components: ['main'],
          keyring: key.toPublic().write() as Uint8Array,
        },
      ],
      now: today,
      directory,
    })
    expect(again.image).toBeUndefined()
    expect(again.report.unchangedBecause).toBe('there is nothing that can be upgraded')
    expect(again.report.packages.map(({ state }) => state)).toEqual(['up-to-date', 'up-to-date'])
  })

  it.each(['gzip', 'zstd', 'none'] as const)('reads packages with %s', async (compression) => {
    const { report } = await patch(debian({ tool }, toolFiles), [{ ...newTool, compression }])
    expect(report.packages.find(({ name }) => name === 'tool')).toMatchObject({ state: 'patched' })
  })

  it('takes only what repairs a finding, and tells which fix no source has yet', async () => {
    const more = { ...tool, list: ['/usr/bin/more'] }
    const source = debian({ tool, more }, { ...toolFiles, '/usr/bin/more': 'old' })
    const packages = [newTool, { name: 'more', version: '1.0-2', files: { '/usr/bin/more': 'new' } }]
    const { report } = await patch(source, packages, {
      findings: [
        finding(toolPurl, ['1.0-2']),
        finding(toolPurl, ['1.0-3'], 'CVE-2026-2'),
        finding(toolPurl.replaceAll('tool', 'more'), ['1.0-9'], 'CVE-2026-3'),
      ],
    })
    expect(report.findings.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'CVE-2026-1 patched',
      'CVE-2026-2 fix-announced-not-in-mirror',
      'CVE-2026-3 fix-announced-not-in-mirror',
    ])
    expect(report.packages.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'more fix-announced-not-in-mirror',
      'tool patched',
    ])
  })

  it('upgrades what has to follow, and goes by the version of the source package', async () => {
    const source = debian(
      {
        tool: { ...tool, fields: 'Depends: libtool (= 1.0-1)\n' },
        libtool: { list: ['/usr/lib/libtool'] },
      },
      { ...toolFiles, '/usr/lib/libtool': 'old' },
    )
    const packages = [
      { ...newTool, fields: 'Depends: libtool (= 1.0-2)\nSource: toolbox (3.0-2)\n' },
      { name: 'libtool', version: '1.0-2', files: { '/usr/lib/libtool': 'new' } },
    ]
    const { report } = await patch(source, packages, { findings: [finding(toolPurl, ['3.0-2'])] })
    expect(report.packages.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'libtool patched',
      'tool patched',
    ])
  })

  it.each<
    [
      string,
      {
        installed?: Installed
        files?: Readonly<Record<string, FileDescription>>
        deb?: Partial<DebDescription>
        others?: Readonly<Record<string, Installed>>
      },
      RegExp,
    ]
  >([
    [
      'its script differs',
      {
        installed: { info: { postinst: '#!/bin/sh\nset -e\n' } },
        deb: { info: { postinst: '#!/bin/sh\nuseradd tool\n' } },
      },
      /postinst differs: .*useradd tool/,
    ],
    [
      'it has a script at last',
      { deb: { info: { preinst: '#!/bin/sh\ndpkg-divert --add /bin/sh\n' } } },
      /preinst differs/,
    ],
    ['it is held', { installed: { status: 'hold ok installed' } }, /held/],
    [
      'it needs a package that is not there',
      { deb: { fields: 'Depends: fresh\n' } },
      /it needs fresh, which is not installed/,
    ],
    [
      'another package needs the old version',
      { others: { user: { fields: 'Depends: tool (= 1.0-1)\n', list: [] } } },
      /user needs tool \(= 1\.0-1\) and can't follow/,
    ],
    [
      'it breaks another package',
      { others: { user: { list: [] } }, deb: { fields: 'Breaks: user (<< 2)\n' } },
      /tool conflicts with user \(<< 2\)/,
    ],
    [
      'a file of it belongs to another package',
      {
        others: { user: { list: ['/usr/bin/shared'] } },
        files: { '/usr/bin/shared': 'x' },
        deb: { files: { '/usr/bin/shared': 'y' } },
      },
      /\/usr\/bin\/shared belongs to user too/,
    ],
    [
      "a file of it is the image's own",
      { files: { '/usr/bin/own': 'x' }, deb: { files: { '/usr/bin/own': 'y' } } },
      /\/usr\/bin\/own is new in the package/,
    ],
    [
      'a file of it is a folder',
      { files: { '/usr/share/x': { directory: true } }, deb: { files: { '/usr/share/x': 'y' } } },
      /\/usr\/share\/x/,
    ],
    [
      'a folder of it is a file',
      { files: { '/usr/share/x': 'y' }, deb: { files: { '/usr/share/x/y': 'y' } } },
      /\/usr\/share\/x is no folder/,
    ],
    [
      'a new file belongs to a user of its own',
      { deb: { files: { '/usr/share/x': { content: 'y', uid: 107 } } } },
      /user 107/,
    ],
    [
      'its script builds an index of what changes',
      {
        installed: { info: { postinst: 'update-ca-certificates\n' } },
        deb: {
          info: { postinst: 'update-ca-certificates\n' },
          files: { '/usr/share/ca-certificates/x.crt': 'y' },
        },
      },
      /update-ca-certificates/,
    ],
    [
      'another package builds something of what changes',
      {
        others: { glib: { list: [] } },
        files: { '/var/lib/dpkg/triggers/File': '/usr/share/schemas glib\n' },
        deb: { files: { '/usr/share/schemas/x': 'y' } },
      },
      /\/usr\/share\/schemas\/x changes, of which glib/,
    ],
    [
      'it activates a trigger',
      {
        files: { '/var/lib/dpkg/triggers/rebuild': 'glib\n' },
        installed: { info: { triggers: 'activate rebuild\n' } },
        deb: { info: { triggers: 'activate rebuild\n' } },
      },
      /trigger rebuild/,
    ],
    [
      'it wants a configuration file away',
      { deb: { conffiles: ['remove-on-upgrade /etc/x'] } },
      /remove-on-upgrade/,
    ],
  ])('refuses an upgrade when %s', async (_title, { installed, files, deb, others }, reason) => {
    const source = debian({ tool: { ...tool, ...installed }, ...others }, { ...toolFiles, ...files })
    const debs = [{ ...newTool, ...deb, files: { ...newTool.files, ...deb?.files } }]
    const { report, image } = await patch(source, debs)
    expect(image === undefined).toBe(true)
    const found = report.packages.find(({ name }) => name === 'tool')
    expect(found).toMatchObject({ state: 'refused', available: '1.0-2' })
    expect(found!.reason).toMatch(reason)
  })

  it('patches images made without dpkg, which keep a paragraph a file and run no scripts', async () => {
    const source = createImage({
      layers: [
        {
          files: {
            '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
            '/var/lib/dpkg/status.d/tool1': 'Package: tool\nVersion: 1.0-1\nArchitecture: amd64\n',
            '/var/lib/dpkg/status.d/tool1.md5sums': `${md5('old')}  usr/bin/tool\n`,
            '/usr/bin/tool': 'old',
            '/usr/bin/t': { symlink: 'tool' },
          },
        },
      ],
    })
    const { image, report } = await patch(source, [
      {
        ...newTool,
        info: { postinst: '#!/bin/sh\nuseradd tool\n' },
        files: { ...newTool.files, '/usr/bin/t': { symlink: 'tool' } },
      },
    ])
    const after = image!
    expect(report.packages.map(({ state }) => state)).toEqual(['patched'])
    expect(await read(after, '/usr/bin/tool')).toBe('new tool')
    expect(await read(after, '/var/lib/dpkg/status.d/tool1')).toContain('Version: 1.0-2')
    expect(await read(after, '/var/lib/dpkg/status.d/tool1')).not.toContain('Status:')
    expect(await read(after, '/var/lib/dpkg/status.d/tool1.md5sums')).toBe(
      `${md5('new tool')}  usr/bin/tool\n`,
    )
    expect(after.tree.get('/var/lib/dpkg/status.d/tool1.postinst')).toBeUndefined()
  })

  it.each<[string, Partial<SuiteDescription>, RegExp]>([
    [
      'of another release',
      { codename: 'trixie-security' },
      /it is for trixie-security, the image is bookworm/,
    ],
    ['like backports', { fields: 'NotAutomatic: yes' }, /without being asked/],
  ])('takes nothing from a suite %s', async (_title, suite, reason) => {
    const source = debian({ tool }, toolFiles)
    const { report, image } = await patch(source, [newTool], { suite, asked: 'stable-security' })
    expect(image === undefined).toBe(true)
    expect(report.sources[0]!.unusedBecause).toMatch(reason)
    expect(report.packages.map(({ state }) => state)).toEqual(['not-supported', 'not-supported'])
  })

  it('reads a detached signature, indexes by their checksum, and one good signature among others', async () => {
    const stranger = await createKey()
    for (const suite of [{ detached: true }, { byHash: true }, { moreKeys: [stranger] }]) {
      const { image } = await patch(debian({ tool }, toolFiles), [newTool], { suite })
      expect(image).toBeDefined()
    }
  })
})

const edit = (path: RegExp, change: (text: string) => string) => (files: MirrorFiles) => {
  for (const [name, content] of files)
    if (path.test(name))
      files.set(name, Buffer.from(change(Buffer.from(content).toString('latin1')), 'latin1'))
}

describe('patchImage on a mirror that was tampered with', () => {
  it.each<[string, Run, string]>([
    [
      'another text than was signed',
      { tamper: edit(/InRelease/, (text) => text.replace('Origin: Test', 'Origin: Evil')) },
      'SIGNATURE_INVALID',
    ],
    ['no signature', { tamper: edit(/InRelease/, () => 'Suite: stable-security\n') }, 'SIGNATURE_INVALID'],
    [
      'another detached text',
      { suite: { detached: true }, tamper: edit(/Release$/, (text) => `${text} `) },
      'SIGNATURE_INVALID',
    ],
    [
      'no release file',
      { tamper: (files) => files.delete('dists/bookworm-security/InRelease') },
      'MIRROR_FILE_MISSING',
    ],
    [
      'an index that was valid until yesterday',
      { suite: { validUntil: new Date('2026-02-28T13:00:00Z') } },
      'INDEX_EXPIRED',
    ],
    ['an index of tomorrow', { suite: { date: new Date('2026-03-02T12:00:00Z') } }, 'SIGNATURE_INVALID'],
    [
      'an index older than one seen before',
      { lastSeen: { 'bookworm-security': '2026-02-28T12:00:01Z' } },
      'INDEX_ROLLED_BACK',
    ],
    ['another suite', { suite: { suite: 'stable', codename: 'bookworm' } }, 'INDEX_MISMATCH'],
    [
      'another package index',
      { tamper: edit(/Packages/, (text) => text.replace(/.$/s, 'x')) },
      'CHECKSUM_MISMATCH',
    ],
    ['a longer package index', { tamper: edit(/Packages/, (text) => `${text}\0`) }, 'CHECKSUM_MISMATCH'],
    [
      'a forged package index with padding behind it',
      {
        tamper: (files) => {
          for (const [name, content] of files)
            if (name.endsWith('Packages.gz')) {
              const forged = gunzipSync(content)
                .toString()
                .replaceAll(/SHA256: .*/g, `SHA256: ${'0'.repeat(64)}`)
              files.set(name, Buffer.concat([gzipSync(forged), Buffer.alloc(2 ** 20)]))
            }
        },
      },
      'CHECKSUM_MISMATCH',
    ],
    ['a cut package index', { tamper: edit(/Packages/, (text) => text.slice(0, -20)) }, 'CHECKSUM_MISMATCH'],
    [
      'no package index',
      { tamper: (files) => files.delete('dists/bookworm-security/main/binary-amd64/Packages.gz') },
      'MIRROR_FILE_MISSING',
    ],
    ['another package', { tamper: edit(/\.deb$/, (text) => text.replace(/.$/s, 'x')) }, 'CHECKSUM_MISMATCH'],
    ['a cut package', { tamper: edit(/\.deb$/, (text) => text.slice(0, 200)) }, 'CHECKSUM_MISMATCH'],
    [
      'a path that leaves the mirror',
      { suite: { editIndex: (text) => text.replace(/Filename: .*/, 'Filename: ../../etc/passwd') } },
      'INDEX_INVALID',
    ],
    [
      'an index without a checksum',
      { suite: { editIndex: (text) => text.replace(/SHA256: .*\n/, '') } },
      'INDEX_INVALID',
    ],
    [
      'a package that is another one',
      { suite: { editIndex: (text) => text.replace('Version: 1.0-2', 'Version: 1.0-7') } },
      'ARCHIVE_INVALID',
    ],
  ])('refuses %s', async (_title, run, code) => {
    await expect(patch(debian({ tool }, toolFiles), [newTool], run)).rejects.toMatchObject({
      name: 'HardenError',
      code,
    })
    expect((await readdir(directory)).some((name) => name.startsWith('sallyport-patch-'))).toBe(false)
  })

  it('refuses a key that is not in the keyring, and one that has expired', async () => {
    const [stranger, expired] = await Promise.all([createKey(), createKey({ expires: 424 * 24 * 3600 })])
    const source = debian({ tool }, toolFiles)
    await expect(patch(source, [newTool], { suite: { key: stranger } })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    })
    const keyring = expired.toPublic().armor()
    const date = new Date('2026-02-20T12:00:00Z')
    await expect(patch(source, [newTool], { suite: { key: expired, date }, keyring })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringMatching(/expired/i) as unknown,
    })
    const now = new Date('2026-02-21T12:00:00Z')
    const { image } = await patch(source, [newTool], { suite: { key: expired, date }, keyring, now })
    expect(image).toBeDefined()
  })

  it('rejects with the reason of its signal', async () => {
    const reason = new Error('enough')
    await expect(
      patch(debian({ tool }, toolFiles), [newTool], { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
  })
})
