import * as fc from 'fast-check'
import { digestOf } from '@sallyport/core'
import type { Inventory, Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'

const layers = [digestOf('layer 0'), digestOf('layer 1')]

/** A package with what each needs; `fields` for the rest. */
export function packageOf(fields: Partial<Package> & Pick<Package, 'type' | 'name' | 'version'>): Package {
  return {
    purl: fields.purl ?? toPurl(fields),
    files: [],
    evidence: { path: `/found/${fields.name}`, layer: 0, diffId: layers[0]!, method: 'test' },
    ...fields,
  }
}

const libc = 'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc'
const libssl = 'pkg:deb/debian/libssl3@1:3.0-1+b1?arch=amd64&distro=debian-12&upstream=openssl%401%3A3.0-1'

/** One of each thing that an SBOM can tell. */
export const sampleInventory: Inventory = {
  subject: digestOf('image'),
  platform: { os: 'linux', architecture: 'amd64' },
  distro: { id: 'debian', versionId: '12', idLike: [] },
  gaps: [
    { code: 'UNSUPPORTED', path: '/opt', message: 'something else' },
    { code: 'UNREADABLE', path: '/b', message: 'half of it' },
  ],
  packages: [
    packageOf({
      type: 'deb',
      name: 'libc6',
      version: '2.36-9',
      purl: libc,
      source: { name: 'glibc', version: '2.36-9' },
    }),
    packageOf({
      type: 'deb',
      name: 'libssl3',
      version: '1:3.0-1+b1',
      purl: libssl,
      source: { name: 'openssl', version: '1:3.0-1' },
      dependsOn: [libc, 'pkg:deb/debian/absent@1'],
      builtUsing: [{ name: 'zlib', version: '1' }],
    }),
    packageOf({
      type: 'generic',
      name: 'node',
      version: '20.1.0',
      cpes: ['cpe:2.3:a:nodejs:node.js:20.1.0:*:*:*:*:*:*:*', 'cpe:2.3:a:nodejs:nodejs:20.1.0:*:*:*:*:*:*:*'],
    }),
    packageOf({
      type: 'maven',
      name: 'org.example:core',
      version: '1.2',
      purl: 'pkg:maven/org.example/core@1.2',
      checksums: [{ algorithm: 'sha1', value: 'e6b1000b94e835ffd37f4c6dcbdad43f4b48a02a' }],
    }),
    packageOf({ type: 'npm', name: 'a', version: '1.0.0', license: 'MIT' }),
    packageOf({
      type: 'npm',
      name: 'a',
      version: '1.0.0',
      license: 'MIT OR LicenseRef-own',
      evidence: { path: '/other/a', layer: 1, diffId: layers[1]!, method: 'npm-package-json' },
      ownedBy: libssl,
    }),
  ],
}

/** The sample with its lists in any order. */
export const shuffledInventory: fc.Arbitrary<Inventory> = fc
  .tuple(
    fc.shuffledSubarray([...sampleInventory.packages], { minLength: sampleInventory.packages.length }),
    fc.shuffledSubarray([...sampleInventory.gaps], { minLength: sampleInventory.gaps.length }),
  )
  .map(([packages, gaps]) => ({ ...sampleInventory, packages, gaps }))
