import { PackageURL } from 'packageurl-js'

/** What a purl says of a package, in words that do not depend on who wrote it. */
export interface PurlIdentity {
  /** Type and name. */
  readonly key: string
  readonly version: string
  /** A source package, which is not installed itself. */
  readonly isSource: boolean
}

/**
 * Brings a purl to what tools agree on. Type, namespace and name tell which package it is, but for the namespace of
 * system packages, which some leave out or write otherwise; names are compared as their registries do. Qualifiers and
 * subpath do not count, except that `epoch` is a part of the version. A `v` before a version of Go does not count.
 *
 * @throws {Error} when it is no purl.
 */
export function identifyPurl(purl: string): PurlIdentity {
  const parsed = PackageURL.fromString(purl)
  const { type, version = '', qualifiers } = parsed
  const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
  const whole = parsed.namespace && !isSystem ? `${parsed.namespace}/${parsed.name}` : parsed.name
  const arch = qualifiers?.['arch']
  return {
    key: `${type}/${normalizeName(type!, whole!)}`,
    version: normalizeVersion(type!, version ?? '', qualifiers?.['epoch']),
    isSource: isSystem && (arch === 'source' || arch === 'src' || arch === 'nosrc'),
  }
}

function normalizeName(type: string, name: string): string {
  if (type === 'pypi') return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
  return type === 'npm' || type === 'golang' || type === 'nuget' || type === 'composer'
    ? name.toLowerCase()
    : name
}

function normalizeVersion(type: string, version: string, epoch: string | undefined): string {
  if (type === 'golang') return version.replace(/^v(?=\d)/, '')
  if (type !== 'deb' && type !== 'rpm') return version
  const [, before, rest] = /^(\d+):(.*)$/s.exec(version) ?? []
  const number = Number(before ?? epoch ?? 0)
  return number > 0 ? `${number}:${rest ?? version}` : (rest ?? version)
}
