import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { type Files, imageOf } from '../image.fixture.ts'
import { berkeleyDb, type Entry, ndb, packageHeader, sqliteDb } from './rpm.fixture.ts'

const release = { '/etc/os-release': 'ID=rhel\nVERSION_ID=9.4\n' }
const inventoryOf = (files: Files) => createInventory(imageOf({ ...release, ...files }))

/** Entries for files: path, mode, flags, state. */
function filesOf(...files: readonly (readonly [string, number?, number?, number?])[]): Record<number, Entry> {
  const folders = [...new Set(files.map(([path]) => path.slice(0, path.lastIndexOf('/') + 1)))]
  return {
    1030: { int16: files.map(([, mode = 0o100644]) => mode) },
    1037: { int32: files.map(([, , flags = 0]) => flags) },
    1116: { int32: files.map(([path]) => folders.indexOf(path.slice(0, path.lastIndexOf('/') + 1))) },
    1117: files.map(([path]) => path.slice(path.lastIndexOf('/') + 1)),
    1118: folders,
  }
}

describe('rpmReader', () => {
  it('names a package as advisories and other tools do', async () => {
    const { packages, gaps, distro } = await inventoryOf({
      '/var/lib/rpm/rpmdb.sqlite': sqliteDb([
        packageHeader('perl-Errno', {
          1003: { int32: [1] },
          1011: 'Red Hat, Inc.',
          1014: 'GPL+ or Artistic',
          1044: 'perl-5.32.1-481.el9.src.rpm',
          5096: 'perl:5.32:8:abc',
        }),
      ]),
    })
    expect(gaps).toEqual([])
    expect(distro?.support?.endsOn).toBe('2032-05-31')
    expect(packages).toMatchObject([
      {
        type: 'rpm',
        name: 'perl-Errno',
        version: '1:1.0-2.el9',
        arch: 'x86_64',
        purl: 'pkg:rpm/redhat/perl-Errno@1.0-2.el9?arch=x86_64&distro=rhel-9.4&epoch=1&upstream=perl-5.32.1-481.el9.src.rpm',
        source: { name: 'perl', version: '5.32.1-481.el9' },
        license: 'NOASSERTION',
        evidence: { path: '/var/lib/rpm/rpmdb.sqlite', method: 'rpm-database' },
        rpm: { epoch: 1, vendor: 'Red Hat, Inc.', modularityLabel: 'perl:5.32:8:abc' },
      },
    ])
  })

  it('gives the source the epoch of a package of the same version', async () => {
    const { packages } = await inventoryOf({
      '/var/lib/rpm/Packages.db': ndb([
        packageHeader('bind-libs', { 1003: { int32: [32] }, 1044: 'bind-1.0-2.el9.src.rpm' }),
      ]),
    })
    expect(packages[0]!.source).toEqual({ name: 'bind', version: '32:1.0-2.el9' })
  })

  it('owns what it installed and what is there', async () => {
    const { packages } = await inventoryOf({
      '/usr/lib/sysimage/rpm/Packages': berkeleyDb([
        packageHeader('tool', {
          ...filesOf(
            ['/bin/tool', 0o100755],
            ['/usr/share/tool', 0o40755],
            ['/usr/share/tool/data'],
            ['/usr/share/tool/gone'],
            ['/var/log/tool.log', 0o100644, 64],
            ['/usr/share/tool/replaced', 0o100644, 0, 1],
            ['/usr/lib/link', 0o120777],
          ),
          1029: { int16: [0, 0, 0, 0, 0, 1, 0] },
        }),
      ]),
      '/bin': { link: 'usr/bin' },
      '/usr/bin/tool': 'elf',
      '/usr/share/tool/data': 'x',
      '/usr/share/tool/replaced': 'x',
      '/usr/lib/link': { link: 'nowhere' },
      '/var/log/tool.log': 'x',
    })
    expect(packages[0]!.files).toEqual(['/usr/bin/tool', '/usr/lib/link', '/usr/share/tool/data'])
  })

  it('knows who needs whom, by capabilities and by files', async () => {
    const { packages } = await inventoryOf({
      '/var/lib/rpm/rpmdb.sqlite': sqliteDb([
        packageHeader('bash', { ...filesOf(['/usr/bin/sh', 0o100755]), 1047: ['bash', 'bash(x86-64)'] }),
        packageHeader('glibc', {
          1047: ['libc.so.6(GLIBC_2.34)(64bit)', 'glibc'],
          1112: { int32: [0, 8] },
          1113: ['', '2.34-1'],
        }),
        packageHeader('app', {
          1049: ['/usr/bin/sh', 'libc.so.6(GLIBC_2.34)(64bit)', 'glibc', 'rpmlib(FileDigests)', '(a if b)'],
          1048: { int32: [0, 0, 12, 10, 0] },
          1050: ['', '', '2.30', '4.6.0-1', ''],
        }),
      ]),
    })
    const purls = new Map(packages.map(({ name, purl }) => [name, purl]))
    const app = packages.find(({ name }) => name === 'app')!
    expect(app.dependsOn).toEqual([purls.get('bash'), purls.get('glibc')])
    expect(app.rpm!.requires).toContain('glibc >= 2.30')
    expect(packages.find(({ name }) => name === 'glibc')!.rpm!.provides).toContain('glibc = 2.34-1')
  })

  it('reads a database once that links lead to', async () => {
    const { packages, gaps } = await inventoryOf({
      '/usr/lib/sysimage/rpm/rpmdb.sqlite': sqliteDb([packageHeader('a')]),
      '/var/lib/rpm': { link: '../../usr/lib/sysimage/rpm' },
      '/usr/share/rpm': { link: '../lib/sysimage/rpm' },
    })
    expect(gaps).toEqual([])
    expect(packages.map(({ evidence }) => evidence.path)).toEqual(['/usr/lib/sysimage/rpm/rpmdb.sqlite'])
  })

  it('leaves out of an older database what the newer one repeats', async () => {
    const { packages } = await inventoryOf({
      '/var/lib/rpm/rpmdb.sqlite': sqliteDb([packageHeader('a')]),
      '/var/lib/rpm/Packages': berkeleyDb([packageHeader('a'), packageHeader('b')]),
    })
    expect(packages.map(({ name, evidence }) => [name, evidence.path])).toEqual([
      ['a', '/var/lib/rpm/rpmdb.sqlite'],
      ['b', '/var/lib/rpm/Packages'],
    ])
  })

  it('takes keys for no packages', async () => {
    const { packages, gaps } = await inventoryOf({
      '/var/lib/rpm/Packages.db': ndb([packageHeader('gpg-pubkey')]),
    })
    expect(packages).toEqual([])
    expect(gaps.map(({ code }) => code)).toEqual(['DATABASE_EMPTY'])
  })

  it.each<[string, Files, string[]]>([
    [
      'changes that are not in the database yet',
      {
        '/var/lib/rpm/rpmdb.sqlite': sqliteDb([packageHeader('a')]),
        '/var/lib/rpm/rpmdb.sqlite-wal': 'frames',
      },
      ['UNREADABLE'],
    ],
    [
      'no change in an empty log',
      { '/var/lib/rpm/rpmdb.sqlite': sqliteDb([packageHeader('a')]), '/var/lib/rpm/rpmdb.sqlite-wal': '' },
      [],
    ],
    ['a folder in place of a database', { '/var/lib/rpm/Packages/x': '' }, ['UNREADABLE', 'DATABASE_EMPTY']],
    ['an empty database', { '/var/lib/rpm/rpmdb.sqlite': sqliteDb([]) }, ['DATABASE_EMPTY']],
    ['no database at all', {}, ['DATABASE_MISSING']],
    [
      'a package without a version',
      { '/var/lib/rpm/Packages.db': ndb([packageHeader('a'), packageHeader('b', { 1001: '' })]) },
      ['UNREADABLE'],
    ],
    [
      'a name that leaves the folder',
      { '/var/lib/rpm/Packages.db': ndb([packageHeader('a'), packageHeader('../b')]) },
      ['UNREADABLE'],
    ],
    [
      'files in a folder that is not there',
      {
        '/var/lib/rpm/Packages.db': ndb([
          packageHeader('a'),
          packageHeader('b', { 1116: { int32: [7] }, 1117: ['x'], 1118: ['/'] }),
        ]),
      },
      ['UNREADABLE'],
    ],
    [
      'fewer modes than files',
      {
        '/var/lib/rpm/Packages.db': ndb([
          packageHeader('a'),
          packageHeader('b', { ...filesOf(['/x'], ['/y']), 1030: { int16: [1] } }),
        ]),
      },
      ['UNREADABLE'],
    ],
  ])('reports %s', async (_title, files, codes) => {
    const { gaps } = await inventoryOf(files)
    expect(gaps.map(({ code }) => code)).toEqual(codes)
  })

  const line = (...fields: readonly string[]) => `${fields.join('\t')}\n`
  const vendor = 'Microsoft Corporation'
  it('reads the list of an image without a database', async () => {
    const { packages, gaps } = await createInventory(
      imageOf({
        '/etc/os-release': 'ID=mariner\nVERSION_ID="2.0"\n',
        '/var/lib/rpmmanifest/container-manifest-2':
          line(
            'glibc',
            '2.35-2.cm2',
            '1',
            '1',
            vendor,
            '(none)',
            '5',
            'x86_64',
            '0',
            'glibc-2.35-2.cm2.src.rpm',
          ) +
          line('vim', '9.0-1.cm2', '1', '1', vendor, '(none)', '5', 'x86_64', '2', 'vim-9.0-1.cm2.src.rpm') +
          line('broken', '9.0', '1'),
      }),
    )
    expect(packages.map(({ name, version, source }) => [name, version, source?.version])).toEqual([
      ['glibc', '2.35-2.cm2', '2.35-2.cm2'],
      ['vim', '2:9.0-1.cm2', '2:9.0-1.cm2'],
    ])
    expect(packages[0]).toMatchObject({
      purl: 'pkg:rpm/mariner/glibc@2.35-2.cm2?arch=x86_64&distro=mariner-2.0&upstream=glibc-2.35-2.cm2.src.rpm',
      evidence: { method: 'rpm-manifest' },
    })
    expect(gaps.map(({ code }) => code)).toEqual(['UNREADABLE'])
  })
})
