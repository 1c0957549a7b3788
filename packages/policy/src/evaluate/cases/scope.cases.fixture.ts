import { limit, type PolicyCase, zlib } from './policy-case.fixture.ts'

const counted = 'fail threshold-exceeded'
const named = (pattern: string | readonly string[]) => limit(0, { package: pattern })
const npm = 'pkg:npm/%40angular/core@12.0.0'
const gxx = 'pkg:deb/debian/libstdc%2B%2B6@12?arch=amd64'

/** Ecosystems and packages. */
export const scopeCases: readonly PolicyCase[] = [
  ...[
    ['a name', 'zlib1g', zlib, counted],
    ['another name', 'zlib', zlib, 'pass'],
    ['a name with *', 'zlib*', zlib, counted],
    ['* in the middle', 'z*g', zlib, counted],
    ['a dot is a dot', 'zlib.g', zlib, 'pass'],
    ['a purl without a version', 'pkg:deb/debian/zlib1g', zlib, counted],
    ['a purl with the version', 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1', zlib, counted],
    ['a purl with the version, encoded', 'pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1', zlib, counted],
    ['a purl with another version', 'pkg:deb/debian/zlib1g@2', zlib, 'pass'],
    ['a purl with the qualifier', 'pkg:deb/debian/zlib1g?arch=amd64', zlib, counted],
    ['a purl with another qualifier', 'pkg:deb/debian/zlib1g?arch=arm64', zlib, 'pass'],
    ['a purl of another distribution', 'pkg:deb/ubuntu/zlib1g', zlib, 'pass'],
    ['a purl of another type', 'pkg:rpm/debian/zlib1g', zlib, 'pass'],
    ['a purl whose name is the start of it', 'pkg:deb/debian/zlib', zlib, 'pass'],
    ['a purl with a scope, encoded', 'pkg:npm/%40angular/core', npm, counted],
    ['a purl with a scope, as people write it', 'pkg:npm/@angular/core', npm, counted],
    ['a purl with +, as people write it', 'pkg:deb/debian/libstdc++6', gxx, counted],
    ['a purl with +, encoded', 'pkg:deb/debian/libstdc%2B%2B6', gxx, counted],
    ['a name with +', 'libstdc++6', gxx, counted],
    ['a type in capitals', 'pkg:DEB/debian/zlib1g', zlib, counted],
    ['pypi, whose names take - for _', 'pkg:pypi/foo_bar', 'pkg:pypi/foo-bar@1', counted],
  ].map(([title, pattern = '', purl = '', gives = '']): PolicyCase => ({
    name: `package: ${title}`,
    thresholds: named(pattern),
    findings: [{ purl }],
    gives,
  })),
  {
    name: 'package: one of a list',
    thresholds: named(['openssl', 'pkg:deb/debian/zlib1g']),
    findings: [{}],
    gives: counted,
  },
  { name: 'package: none of a list', thresholds: named(['openssl', 'curl*']), findings: [{}], gives: 'pass' },
  {
    name: 'package: without a readable purl its name decides',
    thresholds: named('pkg:deb/debian/odd'),
    findings: [{ purl: 'odd', package: { purl: 'odd', type: 'deb', name: 'odd', version: '1' } } as object],
    gives: counted,
  },
  { name: 'ecosystem: the same', thresholds: limit(0, { ecosystem: 'deb' }), findings: [{}], gives: counted },
  { name: 'ecosystem: another', thresholds: limit(0, { ecosystem: 'npm' }), findings: [{}], gives: 'pass' },
  {
    name: 'ecosystem: one of a list',
    thresholds: limit(0, { ecosystem: ['deb', 'npm'] }),
    findings: [{ purl: npm }],
    gives: counted,
  },
  {
    name: 'ecosystem: without a readable purl it may be any',
    thresholds: limit(0, { ecosystem: 'npm' }),
    findings: [{ package: { purl: 'odd', type: 'deb', name: 'odd', version: '1' } } as object],
    gives: counted,
  },
  {
    name: 'ecosystem and package and severity must all be so',
    thresholds: limit(0, { ecosystem: 'deb', package: 'zlib*', severity: 'low' }),
    findings: [{}],
    gives: 'pass',
  },
]
