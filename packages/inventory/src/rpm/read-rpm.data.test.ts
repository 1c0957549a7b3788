import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'
import { rpmDatabaseExaminer } from './examine-database.ts'
import { contentOf } from './rpm.fixture.ts'

const databases = join(import.meta.dirname, '../../../../../shared/data/scan/pkgdb')

describe.skipIf(!existsSync(databases))(
  'rpmReader on real databases (skipped without ../shared/data)',
  () => {
    const read = (path: string) => readFileSync(join(databases, path))
    const inventoryOf = (name: string, path: string) =>
      createInventory(imageOf({ '/etc/os-release': 'ID=sles\nVERSION_ID=15.5\n', [name]: read(path) }))

    it.each([
      [
        'go-rpmdb/libuuid/Packages',
        '/var/lib/rpm/Packages',
        ['libuuid 2.32.1-42.el8_8 x86_64 util-linux 2.32.1-42.el8_8 NOASSERTION'],
      ],
      ['syft/redhat/Packages', '/var/lib/rpm/Packages', ['dive 0.9.2-1 x86_64 dive 0.9.2-1 MIT']],
      [
        'scalibr/os/rpm/Packages_epoch',
        '/var/lib/rpm/Packages',
        ['hello 1:0.0.1-rls x86_64 hello 1:0.0.1-rls NOASSERTION'],
      ],
      [
        'grype/image-centos-match-coverage/var/lib/rpm/Packages',
        '/var/lib/rpm/Packages',
        ['dive 0.9.2-1 x86_64 dive 0.9.2-1 MIT'],
      ],
      [
        'grype/image-sles-match-coverage/var/lib/rpm/Packages',
        '/var/lib/rpm/Packages',
        ['dive 0.9.2-1 x86_64 dive 0.9.2-1 MIT'],
      ],
      [
        'snyk/rpm/Packages.db',
        '/usr/lib/sysimage/rpm/Packages.db',
        [
          'filesystem 15.0-11.8.1 x86_64 filesystem 15.0-11.8.1 MIT',
          'glibc 2.31-150300.63.1 x86_64 glibc 2.31-150300.63.1 LGPL-2.1-or-later AND LGPL-2.1-or-later WITH GCC-exception-2.0 AND GPL-2.0-or-later',
          'system-user-root 20190513-3.3.1 noarch system-user-root 20190513-3.3.1 MIT',
        ],
      ],
      [
        'syft/redhat/container-manifest-2',
        '/var/lib/rpmmanifest/container-manifest-2',
        [
          'filesystem 1.1-9.cm2 x86_64 filesystem 1.1-9.cm2 NOASSERTION',
          'glibc 2.35-2.cm2 x86_64 glibc 2.35-2.cm2 NOASSERTION',
          'mariner-release 2.0-12.cm2 noarch mariner-release 2.0-12.cm2 NOASSERTION',
          'openssl-libs 1.1.1k-15.cm2 x86_64 openssl 1.1.1k-15.cm2 NOASSERTION',
          'vim 2:9.0-1.cm2 x86_64 vim 2:9.0-1.cm2 NOASSERTION',
        ],
      ],
    ])('reads %s', async (path, name, expected) => {
      const { packages, gaps } = await inventoryOf(name, path)
      expect(gaps).toEqual([])
      expect(
        packages.map(({ name: own, version, arch, source, license }) =>
          [own, version, arch, source!.name, source!.version, license].join(' '),
        ),
      ).toEqual(expected)
    })

    it('lists the programs of a system of SUSE as another reader of ndb does', async () => {
      const { headers, problems } = (await rpmDatabaseExaminer.examine(
        contentOf(read('go-rpmdb/sle15-bci/Packages.db')),
        {},
      ))!
      expect(problems).toEqual([])
      expect(headers).toHaveLength(35)
      const text = read('claircore/rpm/Info.Files.NDB.txtar').toString('utf8')
      const expected = new Map<string, readonly string[] | null>(
        Object.entries(JSON.parse(text.slice(text.indexOf('{'))) as Record<string, string[] | null>),
      )
      // That list is of a later build, in which these have moved below /usr.
      const moved = new Set(['bash', 'coreutils', 'glibc', 'rpm-ndb'])
      const compared = headers.filter(({ name }) => expected.has(name) && !moved.has(name))
      expect(compared).toHaveLength(29)
      for (const { name, files } of compared) {
        const programs = files
          .filter((path) => /^\/usr\/s?bin\/[^/]+$/.test(path))
          .map((path) => path.slice(1))
        expect([name, programs.toSorted()]).toEqual([name, (expected.get(name) ?? []).toSorted()])
      }
    })

    it('knows the sum of each regular file of a system of SUSE', async () => {
      const { headers } = (await rpmDatabaseExaminer.examine(
        contentOf(read('go-rpmdb/sle15-bci/Packages.db')),
        {},
      ))!
      const all = headers.flatMap(({ sums, files }) => {
        expect([0, files.length]).toContain(sums.length)
        return sums
      })
      expect(new Set(headers.filter(({ sums }) => sums.length > 0).map((one) => one.sumAlgorithm))).toEqual(
        new Set([8]),
      )
      const known = all.filter((sum) => sum !== null && sum !== '')
      expect(known.length).toBeGreaterThan(900)
      expect(known.filter((sum) => !/^[0-9a-f]{64}$/.test(sum!))).toEqual([])
    })

    it.each(['scalibr/os/rpm/empty.sqlite', 'scalibr/os/rpm/invalid'])('reports %s', async (path) => {
      const { packages, gaps } = await inventoryOf('/var/lib/rpm/rpmdb.sqlite', path)
      expect(packages).toEqual([])
      expect(gaps.map(({ code }) => code)).toEqual(['UNREADABLE', 'DATABASE_EMPTY'])
    })
  },
)

const modules = findModules()

describe.skipIf(!modules)(
  'rpmDatabaseExaminer on whole systems (skipped without the sources of go-rpmdb)',
  () => {
    it.each([
      ['CentOS5Plain', 'centos5-plain/Packages', 110],
      ['CentOS6DevTools', 'centos6-devtools/Packages', 263],
      ['CentOS7Many', 'centos7-many/Packages', 396],
      ['CentOS8Modularitylabel', 'centos8-modularitylabel/Packages', 518],
      ['UBI8s390x', 'ubi8-s390x/Packages', 183],
      ['SLE15WithNDB', 'sle15-bci/Packages.db', 35],
      ['Fedora35PlusMongoDBWithSQLite3', 'fedora35-plus-mongo/rpmdb.sqlite', 142],
    ])('lists the packages of %s as rpm did', async (title, path, count) => {
      const lists = readFileSync(join(modules!, 'rpmdb_testcase_test.go'), 'utf8')
      const start = lists.indexOf(`\t${title} = func`)
      const expected = [
        ...lists
          .slice(start, lists.indexOf('\n\t}\n', start))
          .matchAll(/^\t\t\t\{intRef\((\d*)\), (.*)\},$/gm),
      ].map(([, epoch, rest]) => {
        const [name, version, release, arch, source, , license, vendor, label] = JSON.parse(
          `[${rest}]`,
        ) as string[]
        return [epoch, name, version, release, arch, source, license, vendor, label].join('|')
      })
      expect(expected).toHaveLength(count)
      const { headers, problems } = (await rpmDatabaseExaminer.examine(
        contentOf(readFileSync(join(modules!, 'testdata', path))),
        {},
      ))!
      expect(problems).toEqual([])
      expect(
        headers.map(({ name, epoch, version, release, arch, sourceRpm, license, vendor, modularityLabel }) =>
          [epoch, name, version, release, arch, sourceRpm, license, vendor, modularityLabel].join('|'),
        ),
      ).toEqual(expected)
    })
  },
)

/** The package with databases of whole systems, and what rpm listed of each, in the module cache of Go. */
function findModules(): string | undefined {
  try {
    const cache = execFileSync('go', ['env', 'GOMODCACHE'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const path = join(cache.trim(), 'github.com/knqyf263/go-rpmdb@v0.1.1/pkg')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
