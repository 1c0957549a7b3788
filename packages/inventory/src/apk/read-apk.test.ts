import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'

const inventoryOf = (installed: string | Uint8Array) =>
  createInventory(
    imageOf({ '/etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n', '/lib/apk/db/installed': installed }),
  )

describe('apkReader', () => {
  it('knows who needs whom, by name, library, command and path', async () => {
    const { packages, distro } = await inventoryOf(
      [
        'P:musl\nV:1-r0\nA:x86_64\np:so:libc.musl-x86_64.so.1=1\n',
        'P:busybox\nV:1-r0\nA:x86_64\nF:bin\nR:busybox\np:cmd:busybox=1-r0\n',
        'P:busybox-binsh\nV:1-r0\nA:x86_64\np:/bin/sh cmd:sh=1-r0\nD:busybox=1-r0\n',
        'P:app\nV:1-r0\nA:x86_64\nD:/bin/sh so:libc.musl-x86_64.so.1 musl>=1.0 !nothing cmd:busybox /bin/busybox missing~2\n',
      ].join('\n'),
    )
    expect(distro?.support?.endsOn).toBe('2026-04-01')
    const purls = new Map(packages.map(({ name, purl }) => [name, purl]))
    expect(packages.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['app', ['busybox-binsh', 'busybox', 'musl'].map((name) => purls.get(name))],
      ['busybox', undefined],
      ['busybox-binsh', [purls.get('busybox')]],
      ['musl', undefined],
    ])
  })
})

const databases = join(import.meta.dirname, '../../../../../shared/data/scan/pkgdb')

describe.skipIf(!existsSync(databases))(
  'apkReader on real databases (skipped without ../shared/data)',
  () => {
    const read = (path: string) => readFileSync(join(databases, path))

    it.each([
      'scalibr/os/apk/installed',
      'scalibr/os/apk/single',
      'scalibr/os/apk/different-arch',
      'syft/alpine/base',
      'syft/alpine/single',
      'syft/alpine/extra-file-attributes',
      'syft/alpine/empty-deps-and-provides',
      'syft/alpine/multiple-1/lib/apk/db/installed',
      'syft/alpine/multiple-2/lib/apk/db/installed',
      'snyk/os/alpine_3_7_0/fs/lib/apk/db/installed',
      'snyk/os/alpine_2_6_6/fs/lib/apk/db/installed',
    ])('reads each of %s', async (path) => {
      const text = read(path).toString('utf8')
      const { packages, gaps } = await inventoryOf(text)
      expect(gaps).toEqual([])
      const fields = (letter: string) =>
        [...text.matchAll(new RegExp(`^${letter}:(.+)$`, 'gm'))].map(([, value]) => value)
      expect(packages.length).toBeGreaterThan(0)
      expect(packages.map(({ name }) => name)).toEqual(fields('P').toSorted())
      expect(packages.map(({ version }) => version).toSorted()).toEqual(fields('V').toSorted())
    })

    it('names the sources of an old system as another tool does', async () => {
      const expected = JSON.parse(read('snyk/os/alpine_2_6_6/analyzer-expect.json').toString('utf8')) as {
        readonly results: readonly {
          readonly AnalyzeType: string
          readonly Analysis: readonly {
            readonly Name: string
            readonly Version: string
            readonly Source?: string
          }[]
        }[]
      }
      const analysis = expected.results.find(({ AnalyzeType }) => AnalyzeType === 'Apk')!.Analysis
      const { packages } = await inventoryOf(read('snyk/os/alpine_2_6_6/fs/lib/apk/db/installed'))
      expect(packages.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(
        analysis.map(({ Name, Version }) => `${Name} ${Version}`).toSorted(),
      )
    })

    it.each<[string, string[], string[]]>([
      ['scalibr/os/apk/empty', [], ['DATABASE_EMPTY']],
      ['scalibr/os/apk/invalid', [], ['UNREADABLE', 'UNREADABLE', 'DATABASE_EMPTY']],
      ['syft/alpine/corrupt/lib/apk/db/installed', ['alpine-baselayout-data'], ['UNREADABLE']],
      ['syft/alpine/glob-paths/lib/apk/db/installed', [], ['UNREADABLE', 'DATABASE_EMPTY']],
      [
        'grype/image-alpine-match-coverage/lib/apk/db/installed',
        ['ko', 'libvncserver', 'npm-apk-subpackage-with-false-positive'],
        ['UNREADABLE'],
      ],
    ])('reports what is wrong in %s', async (path, names, codes) => {
      const { packages, gaps } = await inventoryOf(read(path))
      expect(packages.map(({ name }) => name)).toEqual(names)
      expect(gaps.map(({ code }) => code)).toEqual(codes)
    })
  },
)
