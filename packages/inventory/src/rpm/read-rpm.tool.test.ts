import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'

const hasRpm = ['rpm', 'rpmbuild'].every((program) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

const specification = `
Name: sallyport-sample
Epoch: 2
Version: 1.0~rc1
Release: 3
Summary: Sample
License: GPLv2+ and MIT
Vendor: Sallyport
BuildArch: noarch
Requires: sallyport-sample-libs = %{epoch}:%{version}-%{release}
ModularityLabel: sample:1:2:abc
%description
Sample
%package libs
Summary: Sample
Requires: /usr/bin/sallyport-sample
%description libs
Sample
%install
mkdir -p %{buildroot}/usr/lib/node_modules %{buildroot}/usr/bin %{buildroot}/usr/share/sample %{buildroot}/var/log
echo x > %{buildroot}/usr/bin/sallyport-sample
echo x > %{buildroot}/usr/share/sample/data
touch %{buildroot}/var/log/sample.log
for name in same other; do
  mkdir -p %{buildroot}/usr/lib/node_modules/$name
  printf '{"name":"%s","version":"1.0.0"}' $name > %{buildroot}/usr/lib/node_modules/$name/package.json
done
%files
/usr/bin/sallyport-sample
%ghost /var/log/sample.log
%files libs
%dir /usr/share/sample
/usr/share/sample/data
/usr/lib/node_modules
`

describe.skipIf(!hasRpm)('rpmReader on what rpm itself writes (skipped without rpm and rpmbuild)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rpm-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('reads the packages that rpm installed, as rpm tells them', { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, 'sample.spec'), specification)
    const define = ['--define', `_topdir ${folder}/build`, '--define', '_db_backend sqlite']
    const rpm = (program: string, ...more: string[]) =>
      execFileSync(program, [...define, ...more], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    rpm('rpmbuild', '-bb', '--nodeps', join(folder, 'sample.spec'))
    const built = execFileSync('find', [join(folder, 'build', 'RPMS'), '-name', '*.rpm'], {
      encoding: 'utf8',
    })
    const database = join(folder, 'db')
    mkdirSync(database)
    rpm(
      'rpm',
      '--dbpath',
      database,
      '-i',
      '--justdb',
      '--nodeps',
      '--ignorearch',
      ...built.trim().split('\n'),
    )
    const query = '%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM} %{MODULARITYLABEL}\n'
    const expected = rpm('rpm', '--dbpath', database, '-qa', '--qf', query).trim().split('\n').toSorted()

    const { packages: all, gaps } = await createInventory(
      imageOf({
        '/etc/os-release': 'ID=fedora\nVERSION_ID=41\n',
        '/var/lib/rpm/rpmdb.sqlite': readFileSync(join(database, 'rpmdb.sqlite')),
        '/usr/bin/sallyport-sample': 'x',
        '/usr/share/sample/data': 'x',
        '/var/log/sample.log': '',
        '/usr/lib/node_modules/same/package.json': '{"name":"same","version":"1.0.0"}',
        '/usr/lib/node_modules/other/package.json': '{"name":"other","version":"0.1.0"}',
      }),
    )
    expect(gaps).toEqual([])
    const libraries = all.filter(({ type }) => type === 'npm')
    expect(libraries.map(({ name, ownedBy, isReplaced }) => [name, ownedBy, isReplaced])).toEqual([
      ['other', expect.stringContaining('sample-libs'), true],
      ['same', expect.stringContaining('sample-libs'), undefined],
    ])
    const packages = all.filter(({ type }) => type === 'rpm')
    expect(
      packages.map(({ name, version, arch, rpm: details }) =>
        [name, version, arch, details!.sourceRpm, details!.modularityLabel].join(' '),
      ),
    ).toEqual(expected)
    expect(packages.map(({ license, files, source }) => [license, files, source])).toEqual([
      [
        'GPL-2.0-or-later AND MIT',
        ['/usr/bin/sallyport-sample'],
        { name: 'sallyport-sample', version: '2:1.0~rc1-3' },
      ],
      [
        'GPL-2.0-or-later AND MIT',
        [
          '/usr/lib/node_modules/other/package.json',
          '/usr/lib/node_modules/same/package.json',
          '/usr/share/sample/data',
        ],
        { name: 'sallyport-sample', version: '2:1.0~rc1-3' },
      ],
    ])
    const [main, libs] = packages
    expect(main!.dependsOn).toEqual([libs!.purl])
    expect(libs!.dependsOn).toEqual([main!.purl])
    expect(main!.purl).toMatch(
      /^pkg:rpm\/fedora\/sallyport-sample@1\.0~rc1-3\?arch=noarch&distro=fedora-41&epoch=2&upstream=/,
    )
  })
})
