import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkSbomSubject } from './check-sbom-subject.ts'
import { comparePackages } from './compare-packages.ts'
import { predicateKinds } from './predicate-kinds.ts'

const hex = 'ab'.repeat(32)
const digest = `sha256:${hex}` as const
const other = `sha256:${'cd'.repeat(32)}` as const

const packages = [
  { type: 'library', name: 'zlib1g', purl: 'pkg:deb/debian/zlib1g@1.2.13?arch=amd64' },
  {
    type: 'application',
    name: 'app',
    components: [{ type: 'library', name: 'a', purl: 'pkg:npm/%40x/a@1.0.0' }],
  },
]
const cyclonedx = (component: object | undefined) =>
  predicateKinds.cyclonedx.parse({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: component && { type: 'container', name: 'app', ...component } },
    components: packages,
  })
const spdx2 = (subject: object, links: object = { documentDescribes: ['SPDXRef-image'] }) =>
  predicateKinds.spdx.parse({
    SPDXID: 'SPDXRef-DOCUMENT',
    spdxVersion: 'SPDX-2.3',
    packages: [
      { SPDXID: 'SPDXRef-image', name: 'app', ...subject },
      ...['pkg:deb/debian/zlib1g@1.2.13', 'pkg:npm/%40x/a@1.0.0'].map((referenceLocator, position) => ({
        SPDXID: `SPDXRef-${position}`,
        name: 'p',
        // Not the image: a checksum of something in it.
        checksums: [{ algorithm: 'SHA256', checksumValue: 'ef'.repeat(32) }],
        externalRefs: [{ referenceType: 'purl', referenceLocator }],
      })),
    ],
    ...links,
  })
const spdx3 = (subject: object) =>
  predicateKinds.spdx.parse({
    '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
    '@graph': [
      { type: 'SpdxDocument', spdxId: 'urn:doc', rootElement: ['urn:sbom'] },
      { type: 'software_Sbom', spdxId: 'urn:sbom', rootElement: ['urn:image'] },
      { type: 'software_Package', spdxId: 'urn:image', ...subject },
      { type: 'software_Package', spdxId: 'urn:1', software_packageUrl: 'pkg:deb/debian/zlib1g@1.2.13' },
      {
        type: 'software_Package',
        spdxId: 'urn:2',
        externalIdentifier: [{ externalIdentifierType: 'packageUrl', identifier: 'pkg:npm/%40x/a@1.0.0' }],
      },
    ],
  })
const relationship = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
  relationships: [{ spdxElementId, relationshipType, relatedSpdxElement }],
})

describe('checkSbomSubject', () => {
  const forms = (of: string): [string, Parameters<typeof checkSbomSubject>[0]][] => {
    const [, value = ''] = of.split(':')
    return [
      ['the version of the component', cyclonedx({ version: of })],
      [
        'the hash of the component',
        cyclonedx({ hashes: [{ alg: 'SHA-256', content: value.toUpperCase() }] }),
      ],
      [
        'the purl of the component',
        cyclonedx({ purl: `pkg:oci/app@sha256%3A${value}?repository_url=r.example/app` }),
      ],
      [
        'the reference that Trivy writes',
        cyclonedx({ properties: [{ name: 'aquasecurity:trivy:RepoDigest', value: `r.example/app@${of}` }] }),
      ],
      [
        'the checksum of the described package',
        spdx2({ checksums: [{ algorithm: 'SHA256', checksumValue: value }] }),
      ],
      [
        'the version of the described package',
        spdx2({ versionInfo: of }, relationship('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-image')),
      ],
      [
        'the purl of the package described by',
        spdx2(
          { externalRefs: [{ referenceType: 'purl', referenceLocator: `pkg:oci/app@${of}` }] },
          relationship('SPDXRef-image', 'DESCRIBED_BY', 'SPDXRef-DOCUMENT'),
        ),
      ],
      [
        'the hash of the root package',
        spdx3({ verifiedUsing: [{ type: 'Hash', algorithm: 'sha256', hashValue: value }] }),
      ],
      [
        'the purl of the root package',
        spdx3({ software_packageUrl: `pkg:oci/app@${of.replace(':', '%3A')}` }),
      ],
    ]
  }
  const inventoryPackages = ['pkg:npm/%40x/a@1.0.0', 'pkg:deb/debian/zlib1g@1.2.13?distro=debian-12']

  it.each(forms(digest))('accepts the image by %s, with its packages', (_, sbom) => {
    expect(checkSbomSubject(sbom, digest, { inventoryPackages })).toEqual({
      ok: true,
      problems: [],
      differences: { missing: [], extra: [], differing: [] },
    })
    expect(checkSbomSubject(sbom, [other, digest])).toEqual({ ok: true, problems: [] })
  })

  it.each(forms(other))('refuses another image by %s', (_, sbom) => {
    expect(checkSbomSubject(sbom, digest)).toMatchObject({
      ok: false,
      problems: [{ code: 'subject-mismatch' }],
    })
  })

  it.each([
    ['without a component', cyclonedx(undefined)],
    ['with a component of a tag', cyclonedx({ version: '1.4' })],
    ['with a digest in the name', cyclonedx({ 'bom-ref': `x${digest}` })],
    ['with too long a digest', cyclonedx({ version: `sha256:${'ab'.repeat(65)}` })],
    [
      'in which a package has the digest, and the document describes none',
      spdx2({ versionInfo: digest }, {}),
    ],
    [
      'in which another has described it',
      spdx2({ versionInfo: digest }, relationship('SPDXRef-0', 'DESCRIBES', 'SPDXRef-image')),
    ],
    ['of SPDX 3 without a digest', spdx3({})],
  ])('refuses an SBOM %s', (_, sbom) => {
    expect(checkSbomSubject(sbom, digest)).toMatchObject({
      ok: false,
      problems: [{ code: 'subject-unnamed' }],
    })
  })

  it.each<[string, string[], object]>([
    ['lacks one', ['pkg:deb/debian/perl@5.36'], { missing: ['pkg:deb/debian/perl@5.36'] }],
    ['has one more', [], { extra: ['pkg:npm/%40x/a@1.0.0'] }],
    [
      'has one in another version',
      ['pkg:npm/%40x/a@1.0.1'],
      { differing: [{ package: 'pkg:npm/@x/a', sbom: ['1.0.0'], image: ['1.0.1'] }] },
    ],
  ])('refuses an SBOM that %s', (_, installed, difference) => {
    const same = 'pkg:deb/debian/zlib1g@1.2.13'
    const others = 'missing' in difference ? ['pkg:npm/%40x/a@1.0.0', ...installed] : installed
    expect(
      checkSbomSubject(cyclonedx({ version: digest }), digest, { inventoryPackages: [same, ...others] }),
    ).toEqual({
      ok: false,
      problems: [{ code: 'packages-differ', message: expect.any(String) as string }],
      differences: { missing: [], extra: [], differing: [], ...difference },
    })
  })

  it('tells which packages differ from the image', () => {
    const installed = ['pkg:deb/debian/zlib1g@1.2.14', 'pkg:deb/debian/perl@5.36']
    expect(
      checkSbomSubject(cyclonedx({ version: digest }), digest, { inventoryPackages: installed }),
    ).toMatchObject({
      ok: false,
      problems: [{ code: 'packages-differ' }],
      differences: {
        missing: ['pkg:deb/debian/perl@5.36'],
        extra: ['pkg:npm/%40x/a@1.0.0'],
        differing: [{ package: 'pkg:deb/debian/zlib1g', sbom: ['1.2.13'], image: ['1.2.14'] }],
      },
    })
  })
})

describe('comparePackages', () => {
  it.each([
    ['other qualifiers', 'pkg:deb/debian/a@1?arch=amd64', 'pkg:deb/debian/a@1?arch=arm64#x'],
    ['another spelling', 'pkg:npm/%40x/a@1%2B2', 'pkg:NPM/@x/a@1+2'],
    ['what is no purl', '%zz', '%zz'],
  ])('finds no difference in %s', (_, one, two) => {
    expect(comparePackages([one], [two, two])).toEqual({ missing: [], extra: [], differing: [] })
  })

  it('compares all versions of a package', () => {
    const versions = (...all: string[]) => all.map((version) => `pkg:npm/a@${version}`)
    expect(comparePackages(versions('1', '2'), versions('2')).differing).toEqual([
      { package: 'pkg:npm/a', sbom: ['1', '2'], image: ['2'] },
    ])
  })

  it('finds nothing between a list and itself in another order, and everything against nothing', () => {
    const purl = fc.tuple(
      fc.constantFrom('npm', 'deb'),
      fc.stringMatching(/^[a-z@%./-]{1,8}$/),
      fc.stringMatching(/^[0-9.]{1,4}$/),
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(purl.map(([type, name, version]) => `pkg:${type}/${name}@${version}`)),
        (purls) => {
          expect(comparePackages(purls, purls.toReversed())).toEqual({
            missing: [],
            extra: [],
            differing: [],
          })
          expect(comparePackages(purls, []).missing).toEqual([])
          expect(comparePackages([], purls).missing.length > 0).toBe(purls.length > 0)
        },
      ),
    )
  })
})
