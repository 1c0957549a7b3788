import { loadPackageUrl } from '../internal/load-libraries.ts'
import { normalizePackageName } from '../advisories/advisory-index.ts'
import type { FindingPackage } from '../finding.ts'

const operatingSystemTypes: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])

/**
 * What makes two packages of different scanners the same one: type, name, full version and, for packages of a
 * distribution, architecture. Spelling that scanners differ in is levelled: the epoch (in the version or in the
 * purl's qualifier, 0 or absent), Go's `v` and `go`, PyPI names (PEP 503).
 */
export function packageKey(pkg: NamedPackage): string {
  const qualifiers = qualifiersOf(pkg.purl)
  return JSON.stringify([pkg.type, nameOf(pkg), versionOf(pkg, qualifiers), archOf(pkg, qualifiers)])
}

/** What makes two packages versions of the same one. */
export function packageNameKey(pkg: NamedPackage): string {
  return JSON.stringify([pkg.type, nameOf(pkg), archOf(pkg, qualifiersOf(pkg.purl))])
}

/**
 * All keys by which findings may be about one of these packages, or about a version of one: a report that tells no
 * architecture may mean any.
 */
export function keysOf(packages: readonly NamedPackage[]): {
  readonly keys: ReadonlySet<string>
  readonly names: ReadonlySet<string>
} {
  const keys = new Set<string>()
  const names = new Set<string>()
  for (const pkg of packages) {
    const qualifiers = qualifiersOf(pkg.purl)
    for (const arch of new Set([archOf(pkg, qualifiers), ''])) {
      keys.add(JSON.stringify([pkg.type, nameOf(pkg), versionOf(pkg, qualifiers), arch]))
      names.add(JSON.stringify([pkg.type, nameOf(pkg), arch]))
    }
  }
  return { keys, names }
}

type NamedPackage = Pick<FindingPackage, 'type' | 'name' | 'version' | 'purl'>

function archOf({ type }: NamedPackage, qualifiers: Readonly<Record<string, string>>): string {
  return operatingSystemTypes.has(type) ? (qualifiers['arch'] ?? '') : ''
}

function nameOf({ type, name }: NamedPackage): string {
  return type === 'pypi' ? normalizePackageName('PyPI', name) : name
}

function versionOf({ type, version }: NamedPackage, qualifiers: Readonly<Record<string, string>>): string {
  if (type === 'golang') return version.replace(/^(?:v|go)(?=\d)/, '')
  if (type !== 'deb' && type !== 'rpm') return version
  if (version.includes(':')) return version.replace(/^0+:/, '')
  const epoch = qualifiers['epoch'] ?? '0'
  return /^0*$/.test(epoch) ? version : `${epoch}:${version}`
}

function qualifiersOf(purl: string): Readonly<Record<string, string>> {
  const { PackageURL } = loadPackageUrl()
  try {
    return PackageURL.fromString(purl).qualifiers ?? {}
  } catch {
    return {}
  }
}
