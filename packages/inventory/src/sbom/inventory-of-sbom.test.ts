import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { sampleInventory } from './inventory.fixture.ts'
import { inventoryOfSbom } from './inventory-of-sbom.ts'
import { readSbom, readSbomDocument } from './read-sbom.ts'
import { toCycloneDx } from './to-cyclonedx.ts'
import { toSpdx } from './to-spdx.ts'

const platform = { os: 'linux', architecture: 'amd64' }
const options = { subject: sampleInventory.subject, platform }
const maker = { name: 'app', timestamp: new Date(0), tool: { name: 'sallyport', version: '1' } }

const cycloneDx = (components: readonly object[], tool = 'somebody') =>
  readSbomDocument({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { tools: { components: [{ name: tool }] } },
    components,
  })
const library = (purl: string, properties: Readonly<Record<string, string>> = {}) => ({
  type: 'library',
  name: 'a',
  purl,
  properties: Object.entries(properties).map(([name, value]) => ({ name, value })),
})
const system = { type: 'operating-system', name: 'debian', version: '12' }

describe('inventoryOfSbom', () => {
  it.each([
    ['CycloneDX 1.6', toCycloneDx(sampleInventory, maker)],
    ['SPDX 2.3', toSpdx(sampleInventory, { ...maker, version: '2.3' })],
    ['SPDX 3.0', toSpdx(sampleInventory, { ...maker, version: '3.0' })],
  ])('tells of %s what its inventory told, as far as packages are matched', (_, text) => {
    const read = inventoryOfSbom(readSbom(Buffer.from(text)), options)
    const essential = ({ packages, gaps, distro }: typeof sampleInventory) => ({
      distro: distro?.id,
      gaps: gaps
        .map(({ code, message }) => ({ code, message }))
        .sort((one, other) => (one.code < other.code ? -1 : 1)),
      packages: packages
        .map(({ type, name, version, purl, source, ownedBy, builtUsing, evidence }) => ({
          type,
          name,
          version,
          purl,
          source,
          ownedBy,
          builtUsing,
          path: evidence.path,
        }))
        .sort((one, other) => (`${one.purl} ${one.path}` < `${other.purl} ${other.path}` ? -1 : 1)),
    })
    const told = sampleInventory.packages.map((one) =>
      one.type === 'deb' || one.type === 'rpm' || one.type === 'apk' ? one : { ...one, source: undefined },
    )
    expect(essential(read)).toEqual(essential({ ...sampleInventory, packages: told }))
  })

  it.each([
    [
      'by the purl of Syft',
      'pkg:deb/debian/libssl3@3.0-1?upstream=openssl',
      {},
      { name: 'openssl', version: '3.0-1' },
    ],
    ['by the purl with its version', 'pkg:deb/debian/b@2?upstream=a%401', {}, { name: 'a', version: '1' }],
    [
      "by Trivy's properties",
      'pkg:deb/debian/libssl3@3.0-1',
      { SrcName: 'openssl', SrcVersion: '3.0', SrcRelease: '1', SrcEpoch: '2' },
      { name: 'openssl', version: '2:3.0-1' },
    ],
    [
      'by the file of a source rpm',
      'pkg:rpm/redhat/bash-doc@5.1-9?epoch=2&upstream=bash-5.1-9.src.rpm',
      {},
      { name: 'bash', version: '2:5.1-9' },
    ],
  ])('knows a source package %s', (_, purl, trivy, source) => {
    const properties = Object.fromEntries(
      Object.entries(trivy).map(([name, value]) => [`aquasecurity:trivy:${name}`, value]),
    )
    const { packages, gaps } = inventoryOfSbom(cycloneDx([system, library(purl, properties)]), options)
    expect(packages[0]?.source).toEqual(source)
    expect(gaps).toEqual([])
  })

  it.each([
    ['does not name source packages', [system, library('pkg:deb/debian/libssl3@3')], 'UNSUPPORTED'],
    ['does not name the distribution', [library('pkg:deb/debian/b@2?upstream=a')], 'DISTRO_UNKNOWN'],
    ['lists something that no purl can name', [{ type: 'library', name: '' }], 'UNREADABLE'],
  ])('has a gap where the SBOM %s', (_, components, code) => {
    expect(inventoryOfSbom(cycloneDx(components), options).gaps).toMatchObject([{ code }])
  })

  it('trusts makers that name a source package wherever it differs', () => {
    const sbom = cycloneDx([system, library('pkg:deb/debian/bash@5')], 'syft')
    expect(inventoryOfSbom(sbom, options).gaps).toEqual([])
  })

  it.each([
    ['npm', 'pkg:npm/%40scope/name@1', '@scope/name'],
    ['golang', 'pkg:golang/example.org/team/module@v1.0.0', 'example.org/team/module'],
    ['maven', 'pkg:maven/org.example/core@1', 'org.example:core'],
    ['composer', 'pkg:composer/vendor/name@1', 'vendor/name'],
    ['generic', 'pkg:swift/github.com/a/b@1', 'b'],
  ])('names packages of %s as advisories do', (type, purl, name) => {
    expect(inventoryOfSbom(cycloneDx([library(purl)]), options).packages).toMatchObject([
      { type, name, purl },
    ])
  })

  it('keeps what has no purl as something that nobody can match', () => {
    const sbom = cycloneDx([{ type: 'library', name: 'unknown', version: '1' }])
    expect(inventoryOfSbom(sbom, options).packages).toMatchObject([{ type: 'generic', name: 'unknown' }])
  })

  it('is about the image that it was verified for', () => {
    expect(inventoryOfSbom(cycloneDx([]), { subject: digestOf('other'), platform }).subject).toBe(
      digestOf('other'),
    )
  })
})
