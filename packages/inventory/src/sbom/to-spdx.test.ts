import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packageOf, sampleInventory, shuffledInventory } from './inventory.fixture.ts'
import { toSpdx } from './to-spdx.ts'

const options = {
  name: 'prod.example/app',
  timestamp: new Date('2026-11-25T12:00:00.250Z'),
  tool: { name: 'sallyport', version: '1' },
}
type Fields = Record<string, unknown>
const spdx2 = (inventory = sampleInventory) =>
  JSON.parse(toSpdx(inventory, options)) as {
    packages: (Fields & { SPDXID: string; name: string })[]
    relationships: { spdxElementId: string; relationshipType: string; relatedSpdxElement: string }[]
    annotations: { comment: string }[]
    hasExtractedLicensingInfos: Fields[]
  }
const graph = (inventory = sampleInventory) =>
  (
    JSON.parse(toSpdx(inventory, { ...options, version: '3.0' })) as {
      '@graph': (Fields & { type: string })[]
    }
  )['@graph']

describe('toSpdx 2.3', () => {
  it('says what it is, and who made it when', () => {
    expect(spdx2()).toMatchObject({
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: 'SPDXRef-DOCUMENT',
      documentNamespace: expect.stringMatching(/^https:\/\/sallyport\.dev\/spdx\/[0-9a-f-]{36}$/),
      creationInfo: { created: '2026-11-25T12:00:00Z', creators: ['Tool: sallyport-1'] },
    })
  })

  it('describes the image, which contains its packages, which depend on each other', () => {
    const { packages, relationships } = spdx2()
    const id = (name: string) => packages.find((one) => one.name === name)!.SPDXID
    expect(relationships[0]).toEqual({
      spdxElementId: 'SPDXRef-DOCUMENT',
      relationshipType: 'DESCRIBES',
      relatedSpdxElement: 'SPDXRef-ContainerImage',
    })
    const held = relationships.filter(({ relationshipType }) => relationshipType === 'CONTAINS')
    expect(held.map(({ relatedSpdxElement }) => relatedSpdxElement)).toEqual(
      packages.slice(1).map(({ SPDXID }) => SPDXID),
    )
    expect(relationships.filter(({ relationshipType }) => relationshipType === 'DEPENDS_ON')).toEqual([
      { spdxElementId: id('libssl3'), relationshipType: 'DEPENDS_ON', relatedSpdxElement: id('libc6') },
    ])
    expect(new Set(packages.map(({ SPDXID }) => SPDXID)).size).toBe(packages.length)
  })

  it('gives purls, CPEs, checksums and the source of a package', () => {
    const { packages } = spdx2()
    const one = (name: string) => packages.find((found) => found.name === name)
    expect(one('libssl3')).toMatchObject({
      sourceInfo: 'built package from: openssl 1:3.0-1',
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl' }],
    })
    expect(one('node')?.['externalRefs']).toHaveLength(3)
    expect(one('org.example:core')).toMatchObject({
      checksums: [{ algorithm: 'SHA1', checksumValue: 'e6b1000b94e835ffd37f4c6dcbdad43f4b48a02a' }],
    })
  })

  it('concludes no licence, and names those of its own', () => {
    const { packages, hasExtractedLicensingInfos } = spdx2()
    expect(new Set(packages.map((one) => one['licenseConcluded']))).toEqual(new Set(['NOASSERTION']))
    expect(packages.filter(({ name }) => name === 'a').map((one) => one['licenseDeclared'])).toEqual([
      'MIT',
      'MIT OR LicenseRef-own',
    ])
    expect(hasExtractedLicensingInfos).toEqual([
      { licenseId: 'LicenseRef-own', extractedText: 'NOASSERTION' },
    ])
  })

  it.each(['a wish', 'GPL', 'DocumentRef-x:LicenseRef-y', undefined])(
    'asserts nothing where the licence is %j',
    (license) => {
      const inventory = {
        ...sampleInventory,
        packages: [packageOf({ type: 'npm', name: 'a', version: '1', license })],
      }
      expect(spdx2(inventory).packages.at(-1)).toMatchObject({ licenseDeclared: 'NOASSERTION' })
      expect(
        graph(inventory).filter(({ relationshipType }) => relationshipType === 'hasDeclaredLicense'),
      ).toEqual([])
    },
  )

  it('tells the gaps', () => {
    expect(spdx2().annotations.map(({ comment }) => comment)).toEqual([
      'sallyport:gap: UNREADABLE: half of it',
      'sallyport:gap: UNSUPPORTED: something else',
    ])
  })
})

describe('toSpdx 3.0', () => {
  it('has one document, one SBOM about the image, and only elements that are listed', () => {
    const all = graph()
    expect(all.filter(({ type }) => type === 'SpdxDocument')).toHaveLength(1)
    const sbom = all.find(({ type }) => type === 'software_Sbom')!
    const image = all.find((one) => one['software_primaryPurpose'] === 'container')!
    expect(sbom['rootElement']).toEqual([image['spdxId']])
    const document = all.find(({ type }) => type === 'SpdxDocument')!
    const ids = all.flatMap((one) => (typeof one['spdxId'] === 'string' ? one['spdxId'] : []))
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set([...(document['element'] as string[]), document['spdxId']])).toEqual(new Set(ids))
  })

  it.each([
    ['incomplete', sampleInventory],
    ['noAssertion', { ...sampleInventory, gaps: [] }],
  ])('calls the list of packages %s', (completeness, inventory) => {
    expect(graph(inventory).find(({ relationshipType }) => relationshipType === 'contains')).toMatchObject({
      completeness,
    })
  })

  it('writes each licence once, and an element for one of its own', () => {
    const all = graph()
    expect(
      all
        .filter(
          ({ type, spdxId }) =>
            type === 'simplelicensing_LicenseExpression' && !String(spdxId).endsWith('#DataLicense'),
        )
        .map((one) => one['simplelicensing_licenseExpression']),
    ).toEqual(['MIT', 'MIT OR LicenseRef-own'])
    expect(all.filter(({ type }) => type === 'simplelicensing_SimpleLicensingText')).toHaveLength(1)
  })

  it('writes an image without packages', () => {
    const all = graph({ ...sampleInventory, distro: undefined, packages: [] })
    expect(all.filter(({ relationshipType }) => relationshipType === 'contains')).toEqual([])
  })
})

describe.each(['2.3', '3.0'] as const)('toSpdx %s', (version) => {
  it('is the same in whatever order the inventory lists things', () => {
    const text = toSpdx(sampleInventory, { ...options, version })
    fc.assert(
      fc.property(shuffledInventory, (shuffled) => {
        expect(toSpdx(shuffled, { ...options, version })).toBe(text)
      }),
    )
  })

  it('takes a namespace of the caller, else one that depends on the content', () => {
    const own = 'https://example.com/sboms/1'
    expect(toSpdx(sampleInventory, { ...options, version, namespace: own })).toContain(own)
    const namespace = (text: string) => /https:\/\/sallyport\.dev\/spdx\/[0-9a-f-]+/.exec(text)?.[0]
    expect(namespace(toSpdx({ ...sampleInventory, gaps: [] }, { ...options, version }))).not.toBe(
      namespace(toSpdx(sampleInventory, { ...options, version })),
    )
  })

  it('holds no half characters', () => {
    const packages = [
      packageOf({
        type: 'npm',
        name: 'a',
        version: '1',
        evidence: { ...sampleInventory.packages[0]!.evidence, path: '/\uDCFF' },
      }),
    ]
    expect(toSpdx({ ...sampleInventory, packages }, { ...options, version })).not.toMatch(/\\ud[89a-f]/i)
  })
})
