import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { type Files, imageOf } from './image.fixture.ts'

const debian =
  'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
const stanza = (name: string, more = '', status = 'install ok installed') =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: 1:2.0-1\n${more}Description: text\n more text\n`

describe('createInventory on Debian', () => {
  const files: Files = {
    '/etc/os-release': { link: '../usr/lib/os-release' },
    '/usr/lib/os-release': debian,
    '/bin': { link: 'usr/bin' },
    '/var/lib/dpkg/status': [
      stanza(
        'dash',
        'Source: dash-source (0.5-1)\nEssential: yes\nDepends: debianutils (>= 5.6-0.1), awk | gawk:any (<< 2)\n',
      ),
      stanza('gone', '', 'deinstall ok config-files'),
      stanza(
        'lib',
        'Multi-Arch: same\nProvides: virtual (= 1)\nConffiles:\n /etc/lib.conf 0123456789abcdef0123456789abcdef\n',
      ),
    ].join('\n'),
    '/var/lib/dpkg/info/dash.list': '/.\n/bin\n/bin/sh\n/bin/dash\n/usr/share/doc/missing\n',
    '/var/lib/dpkg/info/dash.md5sums': '',
    '/var/lib/dpkg/info/lib:amd64.list': '/.\n/usr\n/usr/lib\n/usr/lib/lib.so.1\n/etc/lib.conf\n',
    '/var/lib/dpkg/diversions': '/usr/bin/sh\n/usr/bin/sh.distrib\nlib\n',
    '/usr/bin/dash': 'elf',
    '/usr/bin/sh': { link: 'dash' },
    '/usr/lib/lib.so.1': 'elf',
    '/etc/lib.conf': 'x',
  }

  it('reads packages with source, relations, files through a merged /usr, and metadata', async () => {
    const { distro, packages, gaps } = await createInventory(imageOf(files))
    expect(gaps).toEqual([])
    expect(distro).toMatchObject({ id: 'debian', versionId: '12', codename: 'bookworm' })
    expect(packages).toHaveLength(2)
    expect(packages[0]).toMatchObject({
      name: 'dash',
      version: '1:2.0-1',
      purl: 'pkg:deb/debian/dash@1:2.0-1?arch=amd64&distro=debian-12&upstream=dash-source%400.5-1',
      source: { name: 'dash-source', version: '0.5-1' },
      files: ['/usr/bin/dash', '/usr/bin/sh'],
      evidence: { path: '/var/lib/dpkg/status', method: 'dpkg-status', layer: 0 },
      dpkg: {
        essential: true,
        depends: [
          [{ name: 'debianutils', operator: '>=', version: '5.6-0.1' }],
          [{ name: 'awk' }, { name: 'gawk', arch: 'any', operator: '<<', version: '2' }],
        ],
        metadataPaths: ['/var/lib/dpkg/info/dash.list', '/var/lib/dpkg/info/dash.md5sums'],
      },
    })
    expect(packages[1]).toMatchObject({
      name: 'lib',
      files: ['/etc/lib.conf', '/usr/lib/lib.so.1'],
      dpkg: {
        provides: [{ name: 'virtual', operator: '=', version: '1' }],
        conffiles: ['/etc/lib.conf'],
        multiArch: 'same',
      },
    })
    expect(packages[1]!.dpkg!.stanza).toBe(
      stanza(
        'lib',
        'Multi-Arch: same\nProvides: virtual (= 1)\nConffiles:\n /etc/lib.conf 0123456789abcdef0123456789abcdef\n',
      ).trimEnd(),
    )
  })

  it('gives a diverted file to the one who diverted it', async () => {
    const image = imageOf({
      ...files,
      '/var/lib/dpkg/diversions': '/bin/sh\n/bin/sh.distrib\nlib\n',
      '/usr/bin/sh.distrib': 'elf',
    })
    const { packages } = await createInventory(image)
    expect(packages.find(({ name }) => name === 'dash')!.files).toEqual([
      '/usr/bin/dash',
      '/usr/bin/sh.distrib',
    ])
  })

  it('reads the database of images made without dpkg', async () => {
    const { packages, gaps } = await createInventory(
      imageOf({
        '/etc/os-release': debian,
        '/var/lib/dpkg/status.d/libssl1':
          'Package: libssl3\nVersion: 3.0.9-1\nArchitecture: amd64\nSource: openssl\n',
        '/var/lib/dpkg/status.d/libssl1.md5sums': `${'0'.repeat(32)}  usr/lib/libssl.so.3\n`,
        '/usr/lib/libssl.so.3': 'elf',
      }),
    )
    expect(gaps).toEqual([])
    expect(packages).toMatchObject([
      {
        name: 'libssl3',
        source: { name: 'openssl' },
        files: ['/usr/lib/libssl.so.3'],
        evidence: { method: 'dpkg-status.d' },
      },
    ])
  })
})

describe('createInventory, what is missing', () => {
  it.each<[string, Files, string[]]>([
    [
      'a distribution that nobody knows',
      { '/etc/os-release': 'ID=mystery\n' },
      ['DISTRO_UNKNOWN', 'DATABASE_MISSING'],
    ],
    ['a database without os-release', { '/var/lib/dpkg/status': stanza('a') }, ['DISTRO_UNKNOWN']],
    ['Debian without a database', { '/etc/os-release': debian }, ['DATABASE_MISSING']],
    ['an empty database', { '/etc/os-release': debian, '/var/lib/dpkg/status': '\n' }, ['DATABASE_EMPTY']],
    [
      'a database in which everything was removed',
      { '/etc/os-release': debian, '/var/lib/dpkg/status': stanza('a', '', 'deinstall ok config-files') },
      ['DATABASE_EMPTY'],
    ],
    [
      'a database that is no database',
      { '/etc/os-release': debian, '/var/lib/dpkg/status': 'garbage' },
      ['UNREADABLE', 'DATABASE_EMPTY'],
    ],
    [
      'one stanza without a version',
      {
        '/etc/os-release': debian,
        '/var/lib/dpkg/status': `${stanza('a')}\nPackage: b\nStatus: install ok installed\n`,
      },
      ['UNREADABLE'],
    ],
    [
      'a database of rpm that is none',
      { '/etc/os-release': 'ID=rhel\nVERSION_ID=9\n', '/var/lib/rpm/rpmdb.sqlite': 'x' },
      ['UNREADABLE', 'DATABASE_EMPTY'],
    ],
    ['nothing at all', { '/app': 'binary' }, ['DATABASE_MISSING']],
    [
      'a broken package.json',
      { '/app/node_modules/a/package.json': '{' },
      ['UNREADABLE', 'DATABASE_MISSING'],
    ],
  ])('reports %s', async (_title, files, codes) => {
    const { gaps } = await createInventory(imageOf(files))
    expect(gaps.map(({ code }) => code)).toEqual(codes)
  })
})

describe('createInventory on languages', () => {
  it('finds what is installed, nested and scoped, and not what merely lies around', async () => {
    const { packages } = await createInventory(
      imageOf({
        '/app/package.json': '{"name":"app","version":"1.0.0"}',
        '/app/node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT"}',
        '/app/node_modules/a/index.js': '',
        '/app/node_modules/a/test/fixture/package.json': '{"name":"fixture","version":"9.9.9"}',
        '/app/node_modules/a/node_modules/@s/b/package.json': '{"name":"@s/b","version":"2.0.0"}',
        '/app/node_modules/c/package.json': '{"type":"module"}',
        '/app/node_modules/.cache/x/package.json': '{"name":"x","version":"1.0.0"}',
        '/usr/lib/python3/dist-packages/Foo_Bar-1.2.dist-info/METADATA':
          'Metadata-Version: 2.1\nName: Foo_Bar\nVersion: 1.2\n\nName: body\n',
        '/usr/lib/python3/dist-packages/Foo_Bar-1.2.dist-info/RECORD':
          'foo_bar/__init__.py,sha256=x,1\n../../../bin/foo,,\n',
        '/usr/lib/python3/dist-packages/foo_bar/__init__.py': '',
        '/usr/bin/foo': '',
        '/usr/lib/python3/dist-packages/old.egg-info': 'Name: old\nVersion: 0.1\n',
      }),
    )
    expect(packages.map(({ purl, license }) => [purl, license])).toEqual([
      ['pkg:npm/%40s/b@2.0.0', 'NOASSERTION'],
      ['pkg:npm/a@1.0.0', 'MIT'],
      ['pkg:npm/app@1.0.0', 'NOASSERTION'],
      ['pkg:pypi/foo-bar@1.2', 'NOASSERTION'],
      ['pkg:pypi/old@0.1', 'NOASSERTION'],
    ])
    expect(packages[1]!.files).toEqual([
      '/app/node_modules/a/index.js',
      '/app/node_modules/a/package.json',
      '/app/node_modules/a/test/fixture/package.json',
    ])
    expect(packages[3]!.files).toContain('/usr/lib/python3/dist-packages/foo_bar/__init__.py')
  })

  it('names the system package that a language package belongs to', async () => {
    const metadata = '/usr/lib/python3/dist-packages/six-1.dist-info/METADATA'
    const { packages } = await createInventory(
      imageOf({
        '/etc/os-release': debian,
        '/var/lib/dpkg/status': stanza('python3-six'),
        '/var/lib/dpkg/info/python3-six.list': `${metadata}\n`,
        [metadata]: 'Name: six\nVersion: 1\n',
      }),
    )
    expect(packages.find(({ name }) => name === 'six')!.ownedBy).toBe(
      packages.find(({ type }) => type === 'deb')!.purl,
    )
  })

  it('reads apk', async () => {
    const { packages, gaps, distro } = await createInventory(
      imageOf({
        '/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n',
        '/lib/apk/db/installed':
          'C:Q1x=\nP:libssl3\nV:3.3.1-r0\nA:x86_64\no:openssl\nL:Apache-2.0\nF:lib\nR:libssl.so.3\nZ:Q1y=\n\nP:musl\nV:1.2.5-r0\n\n',
        '/lib/libssl.so.3': 'elf',
      }),
    )
    expect(gaps).toEqual([])
    expect(distro?.id).toBe('alpine')
    expect(packages).toMatchObject([
      { name: 'libssl3', source: { name: 'openssl' }, files: ['/lib/libssl.so.3'], license: 'Apache-2.0' },
      { name: 'musl', source: { name: 'musl' } },
    ])
  })
})
