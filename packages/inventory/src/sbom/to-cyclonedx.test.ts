import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'
import type { Inventory } from '../inventory.ts'
import { sampleInventory, shuffledInventory } from './inventory.fixture.ts'
import { toCycloneDx } from './to-cyclonedx.ts'

const options = {
  name: 'prod.example/app',
  timestamp: new Date('2026-11-25T12:00:00Z'),
  tool: { name: 'sallyport', version: '1' },
}

interface Component {
  readonly type: string
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly 'bom-ref': string
  readonly licenses?: unknown
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

interface Document {
  readonly metadata: Record<string, unknown>
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

describe('toCycloneDx', () => {
  let inventory: Inventory
  let text: string
  let document: Document

  beforeAll(async () => {
    inventory = await createInventory(
      imageOf({
        '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        '/var/lib/dpkg/status':
          'Package: libssl3\nStatus: install ok installed\nVersion: 1:3.0-1+b1\nArchitecture: amd64\nSource: openssl (1:3.0-1)\n\nbroken\n',
        '/app/node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT OR Apache-2.0"}',
        '/other/node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT"}',
        '/other/node_modules/@s/b/package.json': '{"name":"@s/b","version":"1.0.0","license":"own"}',
      }),
    )
    text = toCycloneDx(inventory, options)
    document = JSON.parse(text) as Document
  })

  it('is valid by the schema of CycloneDX 1.6', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
    expect(await validator.validate(text)).toBeNull()
    expect(await validator.validate(text.replace('"container"', '"vessel"'))).not.toBeNull()
  })

  it('names the image by digest, the distribution, and each package with its place', () => {
    expect(document).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: {
        timestamp: '2026-11-25T12:00:00.000Z',
        component: { type: 'container', name: 'prod.example/app', version: inventory.subject },
      },
    })
    const [libssl] = document.components.filter(({ name }) => name === 'libssl3')
    expect(libssl!.purl).toBe(
      'pkg:deb/debian/libssl3@1:3.0-1+b1?arch=amd64&distro=debian-12&upstream=openssl%401%3A3.0-1',
    )
    expect(Object.fromEntries(libssl!.properties!.map(({ name, value }) => [name, value]))).toMatchObject({
      'sallyport:package:source': 'openssl@1:3.0-1',
      'sallyport:evidence:path': '/var/lib/dpkg/status',
      'sallyport:layer:diffId': inventory.packages[0]!.evidence.diffId,
    })
    expect(document.components.find(({ type }) => type === 'operating-system')).toMatchObject({
      name: 'debian',
      version: '12',
    })
  })

  it('keeps two installations of one package apart, and joins all to the image', () => {
    const refs = document.components.map((component) => component['bom-ref'])
    expect(refs).toHaveLength(inventory.packages.length + 1)
    expect(new Set(refs).size).toBe(refs.length)
    const image = document.dependencies.find(({ ref }) => ref === inventory.subject)
    expect(new Set(image!.dependsOn)).toEqual(new Set(refs))
  })

  it('writes licences as id or expression, and none that nobody asserts', () => {
    const licenses = document.components
      .filter(({ purl }) => purl?.startsWith('pkg:npm'))
      .map((component) => component.licenses)
    expect(licenses).toEqual([undefined, [{ expression: 'MIT OR Apache-2.0' }], [{ license: { id: 'MIT' } }]])
  })

  it('tells the gaps of the inventory', () => {
    expect(document.metadata.properties).toEqual([
      { name: 'sallyport:gap', value: expect.stringMatching(/^UNREADABLE: \/var\/lib\/dpkg\/status/) },
    ])
  })

  it('gives the same bytes for the same input, and another serial number for another time', () => {
    expect(toCycloneDx(inventory, options)).toBe(text)
    const serial = (document: string) => (JSON.parse(document) as { serialNumber: string }).serialNumber
    expect(serial(text)).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(serial(toCycloneDx(inventory, { ...options, timestamp: new Date(0) }))).not.toBe(serial(text))
    const own = 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79'
    expect(serial(toCycloneDx(inventory, { ...options, serialNumber: own }))).toBe(own)
  })
})

describe('toCycloneDx of everything that an inventory can tell', () => {
  const read = (text: string) =>
    JSON.parse(text) as {
      components: Record<string, unknown>[]
      dependencies: { ref: string; dependsOn?: string[] }[]
      metadata: { properties: unknown; component: unknown }
    }
  const component = (name: string, specVersion: '1.6' | '1.7' = '1.6') =>
    read(toCycloneDx(sampleInventory, { ...options, specVersion })).components.find(
      (one) => one['name'] === name,
    )

  it.each([
    ['1.6', Spec.Version.v1dot6],
    ['1.7', Spec.Version.v1dot7],
  ] as const)('is valid by the schema of CycloneDX %s', async (specVersion, version) => {
    const text = toCycloneDx(sampleInventory, { ...options, specVersion })
    expect(await new Validation.JsonStrictValidator(version).validate(text)).toBeNull()
    expect(JSON.parse(text)).toMatchObject({ specVersion, $schema: expect.stringContaining(specVersion) })
  })

  it('says how and where a package was found', () => {
    expect(component('libssl3')).toMatchObject({
      evidence: {
        identity: [
          {
            field: 'purl',
            confidence: 1,
            methods: [{ technique: 'manifest-analysis', confidence: 1, value: 'test' }],
          },
        ],
        occurrences: [{ location: '/found/libssl3' }],
      },
    })
    expect(component('node')).toMatchObject({
      evidence: { identity: [{ methods: [{ technique: 'binary-analysis' }] }] },
    })
  })

  it('joins packages by what they need, and leaves out what the image does not hold', () => {
    const { dependencies } = read(toCycloneDx(sampleInventory, options))
    const [libc, libssl] = sampleInventory.packages.map(({ purl }) => purl) as [string, string]
    expect(dependencies.find(({ ref }) => ref === libssl)?.dependsOn).toEqual([libc])
  })

  it('gives CPEs and checksums, and Maven coordinates as group and name', () => {
    expect(component('node')).toMatchObject({
      type: 'application',
      cpe: 'cpe:2.3:a:nodejs:node.js:20.1.0:*:*:*:*:*:*:*',
      properties: expect.arrayContaining([
        { name: 'syft:cpe23', value: 'cpe:2.3:a:nodejs:nodejs:20.1.0:*:*:*:*:*:*:*' },
      ]),
    })
    expect(component('core')).toMatchObject({
      group: 'org.example',
      hashes: [{ alg: 'SHA-1', content: 'e6b1000b94e835ffd37f4c6dcbdad43f4b48a02a' }],
    })
  })

  it('gives Trivy the source package and the layer, and no source of a language package', () => {
    expect(component('libssl3')).toMatchObject({
      properties: expect.arrayContaining([
        { name: 'aquasecurity:trivy:SrcName', value: 'openssl' },
        { name: 'aquasecurity:trivy:SrcVersion', value: '1:3.0-1' },
        { name: 'aquasecurity:trivy:LayerDiffID', value: sampleInventory.packages[0]!.evidence.diffId },
      ]),
    })
    expect(JSON.stringify(component('a'))).not.toContain('trivy:SrcName')
  })

  it.each([
    ['rhel', 'redhat'],
    ['amzn', 'amazon'],
    ['alpine', 'alpine'],
    ['constructor', 'constructor'],
  ])('names the distribution %s as Trivy does, %s, and its ID for Syft and Grype', (id, family) => {
    const text = toCycloneDx(
      { ...sampleInventory, distro: { id, versionId: '9', idLike: ['fedora'] } },
      options,
    )
    expect(read(text).components.find(({ type }) => type === 'operating-system')).toMatchObject({
      name: family,
      version: '9',
      properties: [
        { name: 'syft:distro:id', value: id },
        { name: 'syft:distro:versionID', value: '9' },
        { name: 'syft:distro:idLike:0', value: 'fedora' },
      ],
    })
  })

  it('is the same in whatever order the inventory lists things', () => {
    const text = toCycloneDx(sampleInventory, options)
    fc.assert(
      fc.property(shuffledInventory, (shuffled) => {
        expect(toCycloneDx(shuffled, options)).toBe(text)
      }),
    )
  })

  it('has another serial number for other content', () => {
    const serial = (inventory: Inventory) =>
      (JSON.parse(toCycloneDx(inventory, options)) as { serialNumber: string }).serialNumber
    expect(serial({ ...sampleInventory, gaps: [] })).not.toBe(serial(sampleInventory))
  })
})
