import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openedImageFiles } from '../files/opened-image-files.ts'
import { type Files, imageOf } from '../image.fixture.ts'
import type { InventoryGap } from '../inventory.ts'
import { detectDistro } from './detect-distro.ts'

async function detect(files: Files) {
  const gaps: InventoryGap[] = []
  const { distro, purlDistro } = await detectDistro({
    image: openedImageFiles(imageOf(files)),
    signal: undefined,
    report: (gap) => gaps.push(gap),
  })
  return {
    name: distro && [distro.id, distro.versionId].join(' '),
    purlDistro,
    codes: gaps.map(({ code }) => code),
  }
}

describe('detectDistro', () => {
  it.each<[string, Files, string]>([
    ['os-release in /etc', { '/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n' }, 'alpine 3.20.1'],
    ['os-release in /usr/lib', { '/usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\n' }, 'debian 12'],
    [
      'os-release in /etc before the other',
      { '/etc/os-release': 'ID=ubuntu\n', '/usr/lib/os-release': 'ID=debian\n' },
      'ubuntu ',
    ],
    ['a rolling one', { '/etc/os-release': 'ID=wolfi\n' }, 'wolfi '],
    ['capitals', { '/etc/os-release': 'ID=Debian\n' }, 'debian '],
    [
      'lsb-release before what Ubuntu inherits from Debian',
      { '/etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\n', '/etc/debian_version': '6.0\n' },
      'ubuntu 10.04',
    ],
    ['debian_version', { '/etc/debian_version': '6.0.10\n' }, 'debian 6'],
    ['alpine-release', { '/etc/alpine-release': '2.6.6\n' }, 'alpine 2.6.6'],
    ['redhat-release', { '/etc/redhat-release': 'CentOS release 6.9 (Final)\n' }, 'centos 6.9'],
    [
      'system-release-cpe',
      { '/etc/system-release-cpe': 'cpe:/o:redhat:enterprise_linux:6server:ga\n' },
      'rhel 6',
    ],
    [
      "Oracle's own file before the one that says Red Hat",
      {
        '/etc/oracle-release': 'Oracle Linux Server release 5.11\n',
        '/etc/redhat-release': 'Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n',
      },
      'ol 5.11',
    ],
  ])('reads %s', async (_title, files, name) => {
    expect(await detect(files)).toMatchObject({ name, codes: [] })
  })

  it.each<[string, string, Files, boolean]>([
    ['Debian', 'ID=debian\nVERSION_ID="12"\n', { '/etc/debian_version': '11.9\n' }, true],
    ['Debian', 'ID=debian\nVERSION_ID="12"\n', { '/etc/debian_version': '12.5\n' }, false],
    ['Debian', 'ID=debian\n', { '/etc/debian_version': 'trixie/sid\n' }, false],
    ['Alpine', 'ID=alpine\nVERSION_ID=3.23.0\n', { '/etc/alpine-release': '3.10.1\n' }, true],
    ['Alpine', 'ID=alpine\nVERSION_ID=3.23.0\n', { '/etc/alpine-release': '3.23.1\n' }, false],
    ['Ubuntu', 'ID=ubuntu\nVERSION_ID="24.04"\n', { '/etc/debian_version': '11.0\n' }, false],
    [
      'Ubuntu',
      'ID=ubuntu\nVERSION_ID="24.04"\n',
      { '/etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=20.04\n' },
      true,
    ],
    [
      'CentOS',
      'ID=centos\nVERSION_ID=7\n',
      { '/etc/redhat-release': 'CentOS release 7.9.2009 (Core)\n', '/etc/debian_version': '12.1' },
      false,
    ],
    [
      'Red Hat',
      'ID=rhel\nVERSION_ID=9.4\n',
      { '/etc/redhat-release': 'Red Hat Enterprise Linux release 8.1 (Ootpa)\n' },
      true,
    ],
    [
      'os-release',
      'ID=debian\nVERSION_ID=12\n',
      { '/usr/lib/os-release': 'ID=debian\nVERSION_ID=11\n' },
      true,
    ],
  ])('tells releases of %s that contradict each other: %j with %j', async (_title, text, files, isGap) => {
    const { codes } = await detect({ '/etc/os-release': text, ...files })
    expect(codes).toEqual(isGap ? ['DISTRO_UNKNOWN'] : [])
  })

  it.each<[string, Files]>([
    ['an unknown name', { '/etc/os-release': 'ID=mystery\nID_LIKE=debian\n' }],
    ['os-release without a name', { '/etc/os-release': 'NAME=Debian\n' }],
    ['an empty os-release', { '/etc/os-release': '' }],
    ['os-release that leads nowhere', { '/etc/os-release': { link: '../gone' } }],
    ['a folder as os-release', { '/etc/os-release/x': '' }],
    ['a version that says nothing', { '/etc/debian_version': 'bookworm/sid\n' }],
    ['a broken alpine-release', { '/etc/alpine-release': 'x\n' }],
    ['a dynamic loader only', { '/lib64/ld-linux-x86-64.so.2': 'elf' }],
    ['a dynamic loader of musl', { '/usr/lib/ld-musl-x86_64.so.1': 'elf' }],
    ['a shell only', { '/bin/sh': { link: 'busybox' } }],
  ])('reports %s', async (_title, files) => {
    expect(await detect(files)).toMatchObject({ name: undefined, codes: ['DISTRO_UNKNOWN'] })
  })

  it('finds nothing to report on an empty base', async () => {
    expect(await detect({ '/app': 'binary', '/etc/passwd': 'root:x:0:0' })).toMatchObject({ codes: [] })
  })

  it('reports an os-release that is too large to be one', async () => {
    const { codes } = await detect({ '/etc/os-release': `ID=debian\n${'#'.repeat(100_000)}` })
    expect(codes).toEqual(['UNREADABLE', 'DISTRO_UNKNOWN'])
  })

  it('names an unknown distribution in purls only as far as it has a usable name', async () => {
    expect((await detect({ '/etc/os-release': 'ID=pureos\nVERSION_ID=10\n' })).purlDistro).toEqual({
      namespace: 'pureos',
      qualifier: 'pureos-10',
    })
    expect((await detect({ '/etc/os-release': 'ID="../a b"\n' })).purlDistro).toEqual({})
  })
})

const variants = join(import.meta.dirname, '../../../../../shared/data/scan/pkgdb/syft/os-release/os')

describe.skipIf(!existsSync(variants))(
  'detectDistro on real release files (skipped without ../shared/data)',
  () => {
    const read = (folder: string): Record<string, string> =>
      Object.fromEntries(
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => {
            const path = join(entry.parentPath, entry.name)
            return [path.slice(folder.length), readFileSync(path, 'utf8')]
          }),
      )

    it.each([
      ['alpine', 'alpine 3.11.6'],
      ['amazon', 'amzn 2'],
      ['centos', 'centos 8'],
      ['centos5', 'centos 5.7'],
      ['centos6', 'centos 6'],
      ['custom', 'scientific 8'],
      ['debian/from-debian_version', 'debian 10'],
      ['debian/from-os-release', 'debian 8'],
      ['debian/with-point-release', 'debian 13'],
      ['fedora', 'fedora 36'],
      ['mariner', 'mariner 1.0'],
      ['opensuse-leap', 'opensuse-leap 15.2'],
      ['oraclelinux', 'ol 8.3'],
      ['photon', 'photon 2.0'],
      ['redhat/from-redhat-release', 'rhel 8.10'],
      ['redhat/from-os-release', 'rhel 7.3'],
      ['rockylinux/from-os-release', 'rocky 8.4'],
      ['almalinux/from-os-release', 'almalinux 8.4'],
      ['rockylinux/from-redhat-release', 'rocky 8.10'],
      ['almalinux/from-redhat-release', 'almalinux 8.10'],
      ['scientific/from-os-release', 'scientific 7.5'],
      ['scientific/from-redhat-release', 'scientific 7.9'],
      ['sles', 'sles 15.2'],
      ['ubuntu', 'ubuntu 20.04'],
      ['wolfi', 'wolfi 20220914'],
    ])('reads %s', async (folder, name) => {
      expect(await detect(read(join(variants, folder)))).toMatchObject({ name, codes: [] })
    })

    it.each(['missing-id', 'missing-version', 'unknown-id'])('does not guess at %s', async (folder) => {
      expect(await detect(read(join(variants, '../partial-fields', folder)))).toMatchObject({
        name: undefined,
        codes: ['DISTRO_UNKNOWN'],
      })
    })

    it.each(['arch', 'empty'])('does not know %s', async (folder) => {
      expect(await detect(read(join(variants, folder)))).toMatchObject({
        name: undefined,
        codes: ['DISTRO_UNKNOWN'],
      })
    })
  },
)
