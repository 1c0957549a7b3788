import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { type Files, imageOf } from '../image.fixture.ts'
import { maxDatabaseBytes } from '../internal/limits.ts'
import { dpkgReader } from './read-dpkg.ts'

const stanza = (name: string, more = '') =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n${more}`
const inventoryOf = (stanzas: readonly string[], more: Files = {}) =>
  createInventory(
    imageOf({
      '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
      '/var/lib/dpkg/status': stanzas.join('\n'),
      ...more,
    }),
  )

describe('dpkgReader', () => {
  it.each([
    'Status: install ok unpacked\n',
    'Status: install ok half-configured\n',
    'Status: install reinstreq half-installed\n',
    'Status: install ok triggers-pending\n',
    '',
  ])('lists a package of which files may be there, and reports it: %j', async (status) => {
    const { packages, gaps } = await createInventory(
      imageOf({
        '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
        '/var/lib/dpkg/status': `Package: a\n${status}Architecture: all\nVersion: 1\n`,
      }),
    )
    expect(packages.map(({ name }) => name)).toEqual(['a'])
    expect(gaps).toMatchObject([{ code: 'UNREADABLE', path: '/var/lib/dpkg/status' }])
  })

  it('tells whose sources are built in', async () => {
    const { packages, gaps } = await inventoryOf([
      stanza(
        'busybox-static',
        'Built-Using: glibc (= 2.36-9+deb12u9)\nStatic-Built-Using: rustc (= 1.63.0+dfsg1-2), rust-libc (= 0.2.139-1)\n',
      ),
      stanza('plain'),
    ])
    expect(gaps).toEqual([])
    expect(packages.map(({ builtUsing }) => builtUsing)).toEqual([
      [
        { name: 'glibc', version: '2.36-9+deb12u9' },
        { name: 'rustc', version: '1.63.0+dfsg1-2' },
        { name: 'rust-libc', version: '0.2.139-1' },
      ],
      undefined,
    ])
  })

  it.each(['glibc', 'glibc (>= 1)', 'glibc ('])('reports a package built using "%s"', async (text) => {
    const { gaps } = await inventoryOf([stanza('good'), stanza('a', `Built-Using: ${text}\n`)])
    expect(gaps.map(({ code }) => code)).toEqual(['UNREADABLE'])
  })

  it('knows who needs whom, by name, alternative and what is provided', async () => {
    const { packages } = await inventoryOf([
      stanza('libc6'),
      stanza('mawk', 'Provides: awk\n'),
      stanza('self', 'Provides: virtual\nDepends: virtual\n'),
      stanza('app', 'Pre-Depends: libc6 (>= 2.36)\nDepends: gone | awk, python3:any, missing\n'),
      stanza('python3'),
    ])
    const purls = new Map(packages.map(({ name, purl }) => [name, purl]))
    expect(packages.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['app', [purls.get('libc6'), purls.get('mawk'), purls.get('python3')]],
      ['libc6', undefined],
      ['mawk', undefined],
      ['python3', undefined],
      ['self', undefined],
    ])
  })

  it('takes licences from copyright files, also of a folder that is a link', async () => {
    const copyright =
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n'
    const { packages } = await inventoryOf(
      [stanza('base'), stanza('linked'), stanza('free'), stanza('without')],
      {
        '/usr/share/doc/base/copyright': copyright,
        '/usr/share/doc/linked': { link: 'base' },
        '/usr/share/doc/free/copyright': 'See /usr/share/common-licenses/GPL-2.\n',
      },
    )
    expect(packages.map(({ name, license }) => [name, license])).toEqual([
      ['base', 'GPL-2.0-or-later'],
      ['free', 'NOASSERTION'],
      ['linked', 'GPL-2.0-or-later'],
      ['without', 'NOASSERTION'],
    ])
  })

  it('keeps nothing of a status file of a gigabyte, and reports it', async () => {
    const path = '/var/lib/dpkg/status'
    expect(dpkgReader.selects!({ path, mode: 0o644, size: maxDatabaseBytes })).toBe(true)
    expect(dpkgReader.selects!({ path, mode: 0o644, size: 1024 ** 3 })).toBe(false)
    const image = imageOf({ '/etc/os-release': 'ID=debian\nVERSION_ID=12\n', [path]: 'x' })
    const node = image.tree.get(path)!
    const { gaps } = await createInventory({
      ...image,
      tree: {
        ...image.tree,
        resolve: (at) => (at === path ? { ...node, size: 1024 ** 3 } : image.tree.resolve(at)),
      },
    })
    expect(gaps.map(({ code, path: at }) => [code, at])).toEqual([
      ['UNREADABLE', path],
      ['DATABASE_EMPTY', path],
    ])
  })

  it('reads conffiles of many blanks in bounded time', async () => {
    const line = ` /etc/${' '.repeat(4_000)}x\n`
    const { packages } = await inventoryOf([
      stanza('a', `Conffiles:\n /etc/a b 0123456789abcdef0123456789abcdef\n${line.repeat(5_000)}`),
    ])
    expect(packages[0]!.dpkg!.conffiles).toEqual(['/etc/a b'])
  })

  it('reads a status file that is one line of the largest size in bounded time', async () => {
    const { gaps } = await inventoryOf([`Package: ${'x'.repeat(maxDatabaseBytes - 100)}`])
    expect(gaps.map(({ code }) => code)).toEqual(['UNREADABLE', 'DATABASE_EMPTY'])
    expect(gaps[0]!.message.length).toBeLessThan(300)
  })
})
