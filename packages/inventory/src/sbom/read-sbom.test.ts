import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInventory } from './inventory.fixture.ts'
import { readSbom } from './read-sbom.ts'
import type { SbomPackage } from './sbom.ts'
import { toCycloneDx } from './to-cyclonedx.ts'
import { toSpdx } from './to-spdx.ts'

const options = {
  name: 'prod.example/app',
  timestamp: new Date('2026-11-25T12:00:00Z'),
  tool: { name: 'sallyport', version: '1' },
}
const written = {
  'CycloneDX 1.6': toCycloneDx(sampleInventory, options),
  'CycloneDX 1.7': toCycloneDx(sampleInventory, { ...options, specVersion: '1.7' }),
  'SPDX 2.3': toSpdx(sampleInventory, options),
  'SPDX 3.0': toSpdx(sampleInventory, { ...options, version: '3.0' }),
}
const read = (document: unknown, limits = {}) =>
  readSbom(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), limits)
const cycloneDx = (fields: object) => ({ bomFormat: 'CycloneDX', specVersion: '1.6', ...fields })
const library = (fields: object) => ({ type: 'library', name: 'a', ...fields })
const statement = (predicate: unknown, digest = sampleInventory.subject) => ({
  _type: 'https://in-toto.io/Statement/v0.1',
  predicateType: 'https://spdx.dev/Document',
  subject: [{ name: 'app', digest: { sha256: digest.slice('sha256:'.length) } }],
  predicate,
})

describe.each(Object.entries(written))('readSbom of our %s', (name, text) => {
  const sbom = read(text)

  it('finds the image, the distribution, the maker and the time', () => {
    expect(sbom).toMatchObject({
      format: name.startsWith('SPDX') ? 'spdx' : 'cyclonedx',
      subject: { name: 'prod.example/app', digest: sampleInventory.subject },
      distro: { id: 'debian', versionId: '12' },
      tools: [{ name: expect.stringContaining('sallyport') }],
      createdAt: expect.stringMatching(/^2026-11-25T12:00:00/),
      warnings: [],
    })
    expect(sbom.version).toMatch(name === 'SPDX 3.0' ? /^3\.0\.1$/ : new RegExp(`${name.split(' ')[1]}$`))
  })

  it('finds each package again, with all that is told of it', () => {
    const facts = (one: Pick<SbomPackage, 'purl' | 'version' | 'path' | 'diffId'>) =>
      [one.purl, one.version, one.path, one.diffId].join(' ')
    expect(sbom.packages.map(facts).sort()).toEqual(
      sampleInventory.packages.map((one) => facts({ ...one, ...one.evidence })).sort(),
    )
    const one = (purl: string) => sbom.packages.find((found) => found.purl?.startsWith(purl))!
    const node = sampleInventory.packages.find(({ type }) => type === 'generic')!
    expect(one('pkg:generic/node').cpes).toEqual(node.cpes)
    expect(one('pkg:maven').checksums).toEqual([
      { algorithm: 'sha1', value: 'e6b1000b94e835ffd37f4c6dcbdad43f4b48a02a' },
    ])
    expect(sbom.packages.flatMap(({ licenses }) => licenses).sort()).toEqual(['MIT', 'MIT OR LicenseRef-own'])
    expect(one('pkg:deb/debian/libssl3').dependsOn).toEqual([one('pkg:deb/debian/libc6').ref])
  })
})

describe('readSbom of a statement', () => {
  it.each([
    ['SPDX', JSON.parse(written['SPDX 2.3'])],
    ['SPDX as a text', written['SPDX 2.3']],
    [
      'CycloneDX in a field Data, as cosign once wrote it',
      { Data: JSON.parse(written['CycloneDX 1.6']), Timestamp: '' },
    ],
  ])('reads %s in it', (_, predicate) => {
    expect(read(statement(predicate))).toMatchObject({
      subject: { name: 'prod.example/app', digest: sampleInventory.subject },
      packages: { length: sampleInventory.packages.length },
    })
  })

  it('takes the image from the statement when the document names none', () => {
    expect(read(statement(cycloneDx({})))).toMatchObject({ subject: { digest: sampleInventory.subject } })
  })

  it('refuses a document about another image', () => {
    const other = statement(JSON.parse(written['SPDX 2.3']), `sha256:${'0'.repeat(64)}`)
    expect(() => read(other)).toThrow(expect.objectContaining({ code: 'SBOM_INVALID' }))
  })
})

describe('readSbom', () => {
  it.each([
    ['nothing', '', 'SBOM_INVALID'],
    ['half a document', written['CycloneDX 1.6'].slice(0, 1000), 'SBOM_INVALID'],
    ['XML', '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>', 'SBOM_UNSUPPORTED'],
    ['SPDX tag-value', '## note\nSPDXVersion: SPDX-2.3\n', 'SBOM_UNSUPPORTED'],
    ['a list', '[]', 'SBOM_UNSUPPORTED'],
    ['null', 'null', 'SBOM_UNSUPPORTED'],
    ['JSON of another kind', { artifacts: [], schema: { version: '16' } }, 'SBOM_UNSUPPORTED'],
    ['a signed envelope', { payloadType: 'application/vnd.in-toto+json', payload: '' }, 'SBOM_UNSUPPORTED'],
    ['CycloneDX 1.1', cycloneDx({ specVersion: '1.1' }), 'SBOM_UNSUPPORTED'],
    ['CycloneDX 2.0', cycloneDx({ specVersion: '2.0' }), 'SBOM_UNSUPPORTED'],
    ['CycloneDX of no version', { bomFormat: 'CycloneDX' }, 'SBOM_INVALID'],
    ['SPDX 2.1', { spdxVersion: 'SPDX-2.1' }, 'SBOM_UNSUPPORTED'],
    ['SPDX 2.3 without anything', { spdxVersion: 'SPDX-2.3' }, 'SBOM_INVALID'],
    ['another JSON-LD', { '@context': 'https://schema.org', '@graph': [] }, 'SBOM_UNSUPPORTED'],
    [
      'SPDX 3 without a document',
      { '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', '@graph': [] },
      'SBOM_INVALID',
    ],
    ['components that are none', cycloneDx({ components: { length: 3 } }), 'SBOM_INVALID'],
    ['JSON 1,000 deep', `${'['.repeat(1000)}${']'.repeat(1000)}`, 'SBOM_INVALID'],
  ])('refuses %s', (_, document, code) => {
    expect(() => read(document)).toThrow(expect.objectContaining({ name: 'InventoryError', code }))
  })

  it('refuses bytes that are no text', () => {
    expect(() => readSbom(Uint8Array.of(0xff, 0xfe, 0x7b, 0))).toThrow(
      expect.objectContaining({ code: 'SBOM_INVALID' }),
    )
  })

  it.each([
    ['too many bytes', { maxBytes: 100 }],
    ['too many packages', { maxPackages: 5 }],
  ])('refuses %s', (_, limits) => {
    for (const text of Object.values(written)) {
      expect(() => read(text, limits)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    }
  })

  it('counts nested components, and neither files nor containers', () => {
    const components = [
      library({ purl: 'pkg:npm/a@1', components: [library({ name: 'b', purl: 'pkg:npm/b@1' })] }),
      { type: 'file', name: '/etc/passwd' },
      { type: 'container', name: 'other', purl: 'pkg:oci/other' },
    ]
    expect(read(cycloneDx({ components })).packages.map(({ purl }) => purl)).toEqual([
      'pkg:npm/a@1',
      'pkg:npm/b@1',
    ])
  })

  it('warns of what nothing can be matched by, and of references that lead nowhere', () => {
    const components = [
      library({ 'bom-ref': 'a' }),
      library({ 'bom-ref': 'a', purl: 'pkg:npm/a@1' }),
      library({ name: 'b', purl: 'npm:b@1' }),
    ]
    const { packages, warnings } = read(
      cycloneDx({ components, dependencies: [{ ref: 'a', dependsOn: ['z'] }] }),
    )
    expect(warnings.map(({ code }) => code)).toEqual([
      'PURL_MISSING',
      'DUPLICATE_REF',
      'PURL_INVALID',
      'DANGLING_REF',
    ])
    expect(packages.map(({ purl }) => purl)).toEqual([undefined, 'pkg:npm/a@1', undefined])
  })

  it('tells the number of warnings above a thousand, not each', () => {
    const { warnings } = read(cycloneDx({ components: Array.from({ length: 1200 }, () => library({})) }))
    expect(warnings).toHaveLength(1001)
    expect(warnings.at(-1)).toMatchObject({ code: 'MORE_WARNINGS', message: expect.stringMatching(/^200 /) })
  })

  it('takes a graph with cycles as it is', () => {
    const components = ['a', 'b'].map((name) => library({ name, 'bom-ref': name, purl: `pkg:npm/${name}@1` }))
    const dependencies = [
      { ref: 'a', dependsOn: ['b', 'a'] },
      { ref: 'b', dependsOn: ['a'] },
    ]
    expect(read(cycloneDx({ components, dependencies })).packages.map(({ dependsOn }) => dependsOn)).toEqual([
      ['a', 'b'],
      ['a'],
    ])
  })

  it('keeps names of the prototype as names', () => {
    const components = [library({ name: '__proto__', 'bom-ref': 'constructor', purl: 'pkg:npm/__proto__@1' })]
    const dependencies = [{ ref: 'constructor', dependsOn: ['toString'] }]
    expect(read(cycloneDx({ components, dependencies })).warnings).toMatchObject([{ code: 'DANGLING_REF' }])
  })

  it.each([
    ['apart by the last hyphen', 'opensuse-leap-15.5', { id: 'opensuse-leap', versionId: '15.5' }],
    ['without a version', 'wolfi', { id: 'wolfi' }],
  ])('knows the distribution by the purls, %s', (_, distro, expected) => {
    const components = [library({ purl: `pkg:rpm/x/a@1?distro=${distro}` })]
    expect(read(cycloneDx({ components })).distro).toEqual(expected)
  })

  it('knows no distribution where purls name several', () => {
    const components = ['debian-11', 'debian-12'].map((distro) =>
      library({ purl: `pkg:deb/debian/a@1?distro=${distro}` }),
    )
    expect(read(cycloneDx({ components })).distro).toBeUndefined()
  })

  it('ends with a typed error or a result, whatever is put in place of a part', () => {
    const documents = Object.values(written).map((text) => JSON.parse(text) as object)
    fc.assert(
      fc.property(fc.constantFrom(...documents), fc.nat(), fc.jsonValue(), (document, seed, value) => {
        let outcome = 'SBOM_INVALID'
        try {
          outcome = read(replaceAt(document, seed, value)).format
        } catch (error) {
          outcome = (error as { code: string }).code
        }
        expect(['cyclonedx', 'spdx', 'SBOM_INVALID', 'SBOM_UNSUPPORTED']).toContain(outcome)
      }),
      { numRuns: 500 },
    )
  })
})

/** A copy in which one value, chosen by `seed`, is another. */
function replaceAt(document: object, seed: number, value: unknown): unknown {
  const text = JSON.stringify(document)
  let count = 0
  JSON.parse(text, (_, one: unknown) => (count++, one))
  let at = 0
  return JSON.parse(text, (_, one: unknown) => (at++ === seed % count ? value : one)) as unknown
}
