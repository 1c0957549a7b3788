import { digestOf } from '@sallyport/core'
import type { Finding } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import { cve, findingOf, judge, waiverOf, zlibFinding as finding } from './finding.fixture.ts'
import type { WaiverScope } from './waiver.ts'

const [image, other] = [digestOf('image'), digestOf('other')]

describe('a waiver of a vulnerability', () => {
  const ghsa = 'GHSA-mq29-j5xf-cjwr'
  it.each([
    ['its id', cve, finding, true],
    ['its id in other letters', 'cve-2023-45853', finding, true],
    ['pitfall 1: an alias, the report naming the CVE', ghsa, { ...finding, aliases: [ghsa] }, true],
    ['pitfall 1: the CVE, the report naming an alias', cve, { ...finding, id: ghsa, aliases: [cve] }, true],
    ['an alias in other letters', 'ghsa-MQ29-j5xf-cjwr', { ...finding, aliases: [ghsa] }, true],
    [
      'the id of a distribution',
      'DEBIAN-CVE-2023-45853',
      { ...finding, aliases: ['DEBIAN-CVE-2023-45853'] },
      true,
    ],
    ['a longer id', 'CVE-2023-458530', finding, false],
    ['a shorter id', 'CVE-2023-4585', finding, false],
    ['no id of it', 'CVE-2023-1', finding, false],
  ])('by %s', (_, vulnerability, found, waived) => {
    const result = judge(waiverOf('W', vulnerability), found)
    expect(result).toMatchObject({
      waived,
      state: { state: waived ? 'applied' : 'unused', findings: Number(waived) },
    })
    if (!waived) expect(result.why).toBeUndefined()
  })
})

describe('a scope', () => {
  const libssl = findingOf(cve, 'pkg:deb/debian/libssl3@3.0.1-1+b2?arch=amd64', {
    sourceName: 'openssl',
    sourceVersion: '3.0.1-1',
  })
  const unnamed = findingOf(cve, 'libssl3')
  const lodash = findingOf(cve, 'pkg:npm/lodash@4.17.4')
  const here = { digests: [image, digestOf('source')], repository: 'prod.example/app' }
  it.each<[string, WaiverScope, Finding, true | string]>([
    ['a package', { package: 'pkg:deb/debian/libssl3' }, libssl, true],
    ['a package, written otherwise', { package: 'pkg:DEB/Debian/libssl3' }, libssl, true],
    ['its version', { package: 'pkg:deb/debian/libssl3@3.0.1-1%2Bb2' }, libssl, true],
    ['another version', { package: 'pkg:deb/debian/libssl3@3.0.1-1' }, libssl, 'for version 3.0.1-1'],
    ['a qualifier', { package: 'pkg:deb/debian/libssl3?arch=amd64' }, libssl, true],
    ['another qualifier', { package: 'pkg:deb/debian/libssl3?arch=arm64' }, libssl, 'these qualifiers'],
    [
      'a qualifier it lacks',
      { package: 'pkg:deb/debian/libssl3?distro=debian-12' },
      libssl,
      'these qualifiers',
    ],
    ['a part', { package: 'pkg:deb/debian/libssl3#lib' }, libssl, 'these qualifiers'],
    [
      'pitfall 2: another package',
      { package: 'pkg:deb/debian/zlib1g' },
      libssl,
      'it is for pkg:deb/debian/zlib1g',
    ],
    ['a package with a longer name', { package: 'pkg:deb/debian/libssl3-dev' }, libssl, 'it is for pkg:deb'],
    ['another namespace', { package: 'pkg:deb/ubuntu/libssl3' }, libssl, 'it is for pkg:deb/ubuntu/libssl3'],
    ['no namespace', { package: 'pkg:deb/libssl3' }, libssl, 'it is for pkg:deb/libssl3'],
    ['another type', { package: 'pkg:rpm/debian/libssl3' }, libssl, 'it is for pkg:rpm/debian/libssl3'],
    ['pitfall 2: the source package', { package: 'pkg:deb/debian/openssl' }, libssl, 'sourcePackage: true'],
    ['the source package, meant', { package: 'pkg:deb/debian/openssl', sourcePackage: true }, libssl, true],
    ['its version', { package: 'pkg:deb/debian/openssl@3.0.1-1', sourcePackage: true }, libssl, true],
    [
      'that of the binary',
      { package: 'pkg:deb/debian/openssl@3.0.1-1%2Bb2', sourcePackage: true },
      libssl,
      'version',
    ],
    ['the binary as source', { package: 'pkg:deb/debian/libssl3', sourcePackage: true }, libssl, 'built of'],
    ['a source that nobody names', { package: 'pkg:npm/lodash', sourcePackage: true }, lodash, true],
    [
      'a source whose version nobody knows',
      { package: 'pkg:deb/debian/openssl@3.0.1-1', sourcePackage: true },
      { ...libssl, package: { ...libssl.package, sourceVersion: undefined } },
      'version',
    ],
    ['a range', { package: 'pkg:deb/debian/libssl3', versions: 'vers:deb/>=3|<3.1' }, libssl, true],
    [
      'a range below',
      { package: 'pkg:deb/debian/libssl3', versions: 'vers:deb/<3' },
      libssl,
      'version vers:deb/<3',
    ],
    [
      'a range of the source',
      { package: 'pkg:deb/debian/openssl', sourcePackage: true, versions: 'vers:deb/<3.0.1-1+b1' },
      libssl,
      true,
    ],
    [
      'a range that has no place for it',
      { package: 'pkg:npm/lodash', versions: 'vers:npm/>=1.0.0' },
      findingOf(cve, 'pkg:npm/lodash@latest'),
      "can't be compared",
    ],
    ['a package, of one without purl', { package: 'pkg:deb/debian/libssl3' }, unnamed, 'no readable purl'],
    ['the image, of one without purl', { digest: image }, unnamed, true],
    ['the image', { digest: image }, libssl, true],
    ['the image it was made of', { digest: digestOf('source') }, libssl, true],
    ['another image', { digest: other }, libssl, `for image ${other}`],
    ['the repository', { repository: 'prod.example/app' }, libssl, true],
    ['a folder above the repository', { repository: 'prod.example/ap' }, libssl, 'for prod.example/ap'],
    ['another registry', { repository: 'dev.example/app' }, libssl, 'for dev.example/app'],
    ['package and image', { package: 'pkg:deb/debian/libssl3', digest: image }, libssl, true],
    [
      'the package in another image',
      { package: 'pkg:deb/debian/libssl3', digest: other },
      libssl,
      'for image',
    ],
    [
      'another package in the image',
      { package: 'pkg:deb/debian/zlib1g', digest: image },
      libssl,
      'it is for pkg:deb',
    ],
  ])('of %s', (_, scope, found, expected) => {
    const result = judge(waiverOf('W', cve, { scope }), found, { image: here })
    expect(result.waived).toBe(expected === true)
    if (expected !== true) {
      expect(result.why).toContain(expected)
      expect(result.state).toMatchObject({
        state: 'unused',
        why: `1 finding of ${cve}, but elsewhere than it says`,
      })
    }
  })
})

describe('a scope that parseWaivers would refuse', () => {
  it.each<WaiverScope>([
    {},
    { sourcePackage: true },
    { package: 'zlib1g' },
    { package: '' },
    { versions: 'vers:deb/*' },
    { package: 'pkg:deb/debian/zlib1g', versions: '<9' },
  ])('covers nothing: %j', (scope) => {
    expect(judge(waiverOf('W', cve, { scope })).waived).toBe(false)
  })
})
