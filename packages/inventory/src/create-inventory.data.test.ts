import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { type Files, imageOf } from './image.fixture.ts'

const data = join(import.meta.dirname, '../../../../shared/data/scan')
const databases = join(data, 'pkgdb')
const debian = 'ID=debian\nVERSION_ID="12"\n'
const read = (path: string) => readFileSync(join(databases, path))

/** The files of a folder as an image. */
function rootOf(path: string): Files {
  const folder = join(databases, path)
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(folder.length), readFileSync(file)]),
  )
}

describe.skipIf(!existsSync(data))(
  'createInventory on real databases (skipped without ../shared/data)',
  () => {
    it('lists the packages of a Debian 12 system as dpkg-query does', async () => {
      const { packages, gaps, distro } = await createInventory(
        imageOf({
          '/usr/lib/os-release': read('debian12-minbase/usr/lib/os-release'),
          '/var/lib/dpkg/status': read('debian12-minbase/var/lib/dpkg/status'),
        }),
      )
      const expected = JSON.parse(
        readFileSync(join(data, 'expected', 'debian12-minbase-packages.json'), 'utf8'),
      ) as { readonly name: string }[]
      expect(gaps).toEqual([])
      expect(distro).toMatchObject({ id: 'debian', versionId: '12' })
      expect(
        packages.map(({ name, version, arch, source }) => ({
          name,
          version,
          arch,
          source: source?.name,
          sourceVersion: source?.version,
          status: 'ii',
        })),
      ).toEqual(expected.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
    })

    it('lists eight packages of a status.d', async () => {
      const { packages, gaps } = await createInventory(
        imageOf({ '/etc/os-release': debian, ...rootOf('debian12-minbase/statusd') }),
      )
      expect(gaps).toEqual([])
      expect(packages.map(({ name }) => name)).toEqual([
        'base-files',
        'libc6',
        'libgcc-s1',
        'libpcre2-8-0',
        'libssl3',
        'openssl',
        'tzdata',
        'zlib1g',
      ])
    })

    it.each([
      'claircore/dpkg/texlive.status',
      'claircore/dpkg/postgresql.status',
      'snyk/os/ubuntu_10_04/fs/var/lib/dpkg/status',
    ])('reads every installed package of %s', async (path) => {
      const text = read(path)
      const { packages, gaps } = await createInventory(
        imageOf({ '/etc/os-release': debian, '/var/lib/dpkg/status': text }),
      )
      expect(gaps).toEqual([])
      const installed = text.toString('utf8').match(/^Status: \S+ \S+ installed$/gm) ?? []
      expect(installed.length).toBeGreaterThan(0)
      expect(packages).toHaveLength(installed.length)
    })

    it('lists what is installed, and lists and reports what is half there or has no status', async () => {
      const { packages, gaps } = await createInventory(
        imageOf({
          '/etc/os-release': debian,
          '/var/lib/dpkg/status': read('scalibr/os/dpkg/dpkg/statusfield'),
        }),
      )
      expect(packages.map(({ name }) => name)).toEqual([
        'wantdeinstall_installed',
        'wantinstall_halfinstalled',
        'wantinstall_installed',
        'wantinstall_unpacked',
        'wantnostatus',
        'wantpurge_installed',
      ])
      expect(gaps.map(({ code }) => code)).toEqual(['UNREADABLE', 'UNREADABLE', 'UNREADABLE'])
    })

    it('reads an image made without dpkg, with checksums and scripts beside the stanza', async () => {
      const { packages, gaps } = await createInventory(
        imageOf({
          '/etc/os-release': debian,
          '/usr/share/doc/libsqlite3-0/changelog.Debian.gz': 'x',
          ...rootOf('syft/debian/image-distroless-deb'),
        }),
      )
      expect(gaps).toEqual([])
      expect(packages).toMatchObject([
        {
          name: 'libsqlite3-0',
          source: { name: 'sqlite3' },
          dpkg: {
            metadataPaths: [
              '/var/lib/dpkg/status.d/libsqlite3-0.md5sums',
              '/var/lib/dpkg/status.d/libsqlite3-0.preinst',
            ],
          },
        },
      ])
      expect(packages[0]!.files).toContain('/usr/share/doc/libsqlite3-0/copyright')
    })

    it.each(['scalibr/os/apk/installed', 'snyk/os/alpine_3_7_0/fs/lib/apk/db/installed', 'syft/alpine/base'])(
      'reads every package of %s',
      async (path) => {
        const text = read(path)
        const { packages, gaps } = await createInventory(
          imageOf({ '/etc/os-release': 'ID=alpine\nVERSION_ID=3.18.0\n', '/lib/apk/db/installed': text }),
        )
        expect(gaps).toEqual([])
        const names = [...text.toString('utf8').matchAll(/^P:(.+)$/gm)].map((match) => match[1])
        expect(names.length).toBeGreaterThan(0)
        expect(packages.map(({ name }) => name)).toEqual(names.toSorted())
      },
    )

    it('reports the one package of an apk database that has no version, and reads the others', async () => {
      const { packages, gaps } = await createInventory(
        imageOf({ '/etc/os-release': 'ID=alpine\n', '/lib/apk/db/installed': read('trivy/apk/apk') }),
      )
      expect(
        gaps.map(({ code, message }) => [code, message.includes('invalidPackageWithoutAVersion')]),
      ).toEqual([['UNREADABLE', true]])
      expect(packages.map(({ name }) => name)).toContain('musl')
    })

    it.each(['scalibr/os/dpkg/dpkg/invalid', 'syft/debian/var/lib/dpkg/status.d/corrupt'])(
      'reports %s',
      async (path) => {
        const { packages, gaps } = await createInventory(
          imageOf({ '/etc/os-release': debian, '/var/lib/dpkg/status': read(path) }),
        )
        expect(packages).toEqual([])
        expect(new Set(gaps.map(({ code }) => code))).toEqual(new Set(['UNREADABLE', 'DATABASE_EMPTY']))
      },
    )
  },
)
