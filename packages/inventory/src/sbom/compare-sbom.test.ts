import { describe, expect, it } from 'vitest'
import type { Inventory } from '../inventory.ts'
import { compareSbom } from './compare-sbom.ts'
import { identifyPurl } from './identify-purl.ts'
import { packageOf, sampleInventory } from './inventory.fixture.ts'
import { readSbom } from './read-sbom.ts'
import type { Sbom } from './sbom.ts'
import { toCycloneDx } from './to-cyclonedx.ts'

const sbomOf = (...purls: (string | undefined)[]): Sbom =>
  readSbom(
    Buffer.from(
      JSON.stringify({
        bomFormat: 'CycloneDX',
        specVersion: '1.6',
        components: purls.map((purl) => ({ type: 'library', name: 'x', purl })),
      }),
    ),
  )
const inventoryOf = (...packages: Inventory['packages']): Inventory => ({ ...sampleInventory, packages })

describe('compareSbom', () => {
  it('finds nothing between an inventory and its own document', () => {
    const text = toCycloneDx(sampleInventory, {
      name: 'a',
      timestamp: new Date(0),
      tool: { name: 'b', version: '1' },
    })
    expect(compareSbom(readSbom(Buffer.from(text)), sampleInventory)).toEqual({
      missing: [],
      extra: [],
      differing: [],
      // Two installations of one version count once.
      matching: sampleInventory.packages.length - 1,
      unidentified: [],
      otherSubject: false,
    })
  })

  it('tells what is missing, extra, of another version, and without a name', () => {
    const inventory = inventoryOf(
      packageOf({ type: 'npm', name: 'missing', version: '1.0.0' }),
      packageOf({ type: 'npm', name: 'older', version: '1.0.0' }),
      packageOf({ type: 'npm', name: 'same', version: '1.0.0' }),
    )
    const sbom = sbomOf('pkg:npm/same@1.0.0', 'pkg:npm/older@2.0.0', 'pkg:npm/extra@1.0.0', undefined)
    expect(compareSbom(sbom, inventory)).toMatchObject({
      missing: [{ name: 'missing' }],
      extra: [{ purl: 'pkg:npm/extra@1.0.0' }],
      differing: [{ inSbom: { purl: 'pkg:npm/older@2.0.0' }, inImage: { name: 'older' } }],
      matching: 1,
      unidentified: [{ name: 'x' }],
    })
  })

  it('keeps several versions of one package apart', () => {
    const inventory = inventoryOf(
      packageOf({ type: 'npm', name: 'a', version: '1.0.0' }),
      packageOf({ type: 'npm', name: 'a', version: '2.0.0' }),
      packageOf({ type: 'npm', name: 'a', version: '3.0.0' }),
    )
    expect(compareSbom(sbomOf('pkg:npm/a@1.0.0', 'pkg:npm/a@4.0.0'), inventory)).toMatchObject({
      matching: 1,
      differing: [{ inSbom: { purl: 'pkg:npm/a@4.0.0' }, inImage: { version: '2.0.0' } }],
      missing: [{ version: '3.0.0' }],
      extra: [],
    })
  })

  it('leaves out source packages that are listed beside the installed ones', () => {
    expect(compareSbom(sbomOf('pkg:deb/debian/glibc@2.36-9?arch=source'), inventoryOf())).toMatchObject({
      extra: [],
    })
  })

  it('says when the SBOM is about another image', () => {
    const sbom = { ...sbomOf(), subject: { name: 'a', digest: `sha256:${'0'.repeat(64)}` } }
    expect(compareSbom(sbom, inventoryOf()).otherSubject).toBe(true)
    expect(compareSbom(sbomOf(), inventoryOf()).otherSubject).toBeUndefined()
  })
})

describe('identifyPurl', () => {
  it.each([
    ['pkg:deb/debian/a@1:2-3?arch=amd64&distro=debian-12&upstream=b', 'pkg:deb/debian/a@2-3?epoch=1'],
    ['pkg:deb/debian/a@1', 'pkg:deb/a@1'],
    ['pkg:rpm/rhel/a@2-3.el9?epoch=0', 'pkg:rpm/redhat/a@2-3.el9'],
    ['pkg:rpm/rhel/a@2-3.el9?epoch=1', 'pkg:rpm/redhat/a@1:2-3.el9'],
    ['pkg:golang/stdlib@1.22.1', 'pkg:golang/stdlib@v1.22.1'],
    ['pkg:golang/github.com/Foo/bar@v1.0.0', 'pkg:golang/github.com/foo/bar@v1.0.0#cmd'],
    ['pkg:pypi/Zope.Interface@1', 'pkg:pypi/zope-interface@1'],
    ['pkg:maven/g/a@1?type=war', 'pkg:maven/g/a@1'],
    ['pkg:npm/%40s/a@1', 'pkg:npm/@s/a@1'],
  ])('takes %s and %s for the same', (one, other) => {
    expect(identifyPurl(one)).toEqual(identifyPurl(other))
  })

  it.each([
    ['pkg:deb/debian/a@1:2-3', 'pkg:deb/debian/a@2-3'],
    ['pkg:maven/g/a@1', 'pkg:maven/h/a@1'],
    ['pkg:maven/g/a@1', 'pkg:maven/g/A@1'],
    ['pkg:npm/%40s/a@1', 'pkg:npm/a@1'],
    ['pkg:npm/a@1', 'pkg:pypi/a@1'],
    ['pkg:npm/a@v1', 'pkg:npm/a@1'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(identifyPurl(one)).not.toEqual(identifyPurl(other))
  })
})
