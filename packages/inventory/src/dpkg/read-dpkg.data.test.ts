import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'

const databases = join(import.meta.dirname, '../../../../../shared/data/scan/pkgdb')

/** A status file, alone or the first file of a txtar archive. */
function readStatus(path: string): string {
  const text = readFileSync(join(databases, path), 'utf8')
  return path.endsWith('.txtar')
    ? text.replace(/^[^]*?^-- var\/lib\/dpkg\/status --\n/m, '').replace(/^-- [^]*$/m, '')
    : text
}

const inventoryOf = (status: string) =>
  createInventory(
    imageOf({ '/etc/os-release': 'ID=debian\nVERSION_ID=12\n', '/var/lib/dpkg/status': status }),
  )

const canAsk = existsSync(databases) && existsSync('/usr/bin/dpkg-query')

describe.skipIf(!canAsk)('dpkgReader beside dpkg-query (skipped without it or ../shared/data)', () => {
  it.each([
    'claircore/dpkg/debian-only.status',
    'claircore/dpkg/postgresql.status',
    'claircore/dpkg/texlive.status',
    'debian12-minbase/var/lib/dpkg/status',
    'scalibr/os/dpkg/dpkg/single',
    'scalibr/os/dpkg/dpkg/trailingnewlines',
    'scalibr/os/dpkg/dpkg/transitional',
    'scalibr/os/dpkg/dpkg/transitional_dummy',
    'scalibr/os/dpkg/dpkg/valid',
    'snyk/os/ubuntu_10_04/fs/var/lib/dpkg/status',
    'syft/debian/var/lib/dpkg/status.d/coreutils-relationships',
    'syft/debian/var/lib/dpkg/status.d/deinstall',
    'syft/debian/var/lib/dpkg/status.d/single',
    'trivy/dpkg/digest.txtar',
    'trivy/dpkg/md5sums.txtar',
    'trivy/dpkg/only-apt.txtar',
    'trivy/dpkg/third-party.txtar',
    'trivy/dpkg/valid.txtar',
  ])('lists what is installed by %s', async (path) => {
    const status = readStatus(path)
    const { packages, gaps } = await inventoryOf(status)
    expect(gaps).toEqual([])
    expect(
      packages
        .map(({ name, version, arch, source }) =>
          [name, version, arch, source!.name, source!.version, 'installed'].join(' '),
        )
        .toSorted(),
    ).toEqual(askDpkg(status))
  })
})

function askDpkg(status: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-dpkg-'))
  try {
    for (const name of ['info', 'updates']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'status'), status)
    const format =
      '${Package} ${Version} ${Architecture} ${source:Package} ${source:Version} ${db:Status-Status}\n'
    return execFileSync('dpkg-query', [`--admindir=${folder}`, '-W', '-f', format], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .toSorted()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.skipIf(!existsSync(databases))(
  'dpkgReader on faulty databases (skipped without ../shared/data)',
  () => {
    it.each<[string, string[], number]>([
      ['scalibr/os/dpkg/dpkg/nopackage', ['ubuntu-advantage'], 1],
      ['scalibr/os/dpkg/dpkg/noversion', [], 1],
      ['trivy/dpkg/corrupsed.txtar', [], 1],
    ])('reports each stanza of %s that is broken', async (path, _names, least) => {
      const { gaps } = await inventoryOf(readStatus(path))
      expect(gaps.filter(({ code }) => code === 'UNREADABLE').length).toBeGreaterThanOrEqual(least)
    })

    it.each(['scalibr/os/dpkg/dpkg/empty', 'scalibr/os/dpkg/dpkg/invalid'])('reports %s', async (path) => {
      const { packages, gaps } = await inventoryOf(readStatus(path))
      expect(packages).toEqual([])
      expect(gaps.map(({ code }) => code)).toContain('DATABASE_EMPTY')
    })

    it('does not read opkg, and says so', async () => {
      const status = readStatus('scalibr/os/dpkg/opkg/valid')
      const { gaps } = await createInventory(imageOf({ '/usr/lib/opkg/status': status }))
      expect(gaps.map(({ code }) => code)).toContain('UNSUPPORTED')
    })
  },
)
