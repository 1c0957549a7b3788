import { digestOf } from '@sallyport/core'
import type { Distro, Inventory, Package, PackageType } from '@sallyport/inventory'

/** Debian 12 as os-release names it. */
const bookworm: Distro = { id: 'debian', versionId: '12', codename: 'bookworm', idLike: [] }

/** A subject for tests. */
export const subject = digestOf('an image manifest')

/** Makes a package from the fields that matter to a test. */
export function packageOf(
  type: PackageType,
  name: string,
  version: string,
  rest: Partial<Package> = {},
): Package {
  const namespaces: Partial<Record<PackageType, string>> = { deb: 'debian/', apk: 'alpine/' }
  return {
    type,
    name,
    version,
    purl: `pkg:${type}/${namespaces[type] ?? ''}${name.replace('@', '%40')}@${encodeURIComponent(version)}`,
    files: [],
    evidence: { path: '/test', layer: 0, diffId: digestOf('a layer'), method: 'test' },
    ...rest,
  }
}

/** Makes an inventory; its distribution is Debian 12 unless the test says otherwise. */
export function inventoryOf(packages: readonly Package[], rest: Partial<Inventory> = {}): Inventory {
  return {
    subject,
    platform: { os: 'linux', architecture: 'amd64' },
    distro: bookworm,
    packages,
    gaps: [],
    ...rest,
  }
}

/** Reads the installed packages of a dpkg status file, as far as matching needs them. */
export function packagesOfStatus(status: string): readonly Package[] {
  return status.split(/\n\n+/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1]?.trim()
    const name = field('Package')
    const version = field('Version')
    if (name === undefined || version === undefined || !field('Status')?.endsWith(' installed')) return []
    const arch = field('Architecture')
    const source = /^(\S+)(?: \((.+)\))?$/.exec(field('Source') ?? name)
    return packageOf('deb', name, version, {
      arch,
      purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${arch}&distro=debian-12`,
      source: { name: source?.[1] ?? name, version: source?.[2] ?? version },
    })
  })
}
