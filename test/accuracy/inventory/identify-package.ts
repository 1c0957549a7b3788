/** A purl in words that do not depend on who wrote it, and how it is compared. */
export interface PackageIdentity {
  readonly type: string
  /** `type/name@version`. */
  readonly id: string
}

/**
 * Brings purls of different tools to one form:
 *
 * - Qualifiers do not count, except that `epoch` stands before the version, unless it is 0.
 * - The namespace of system packages does not count: it is the distribution, which each tool writes in its own way.
 * - Names of PyPI as in PEP 503; of npm, Go, NuGet, Composer and Conda in lower case.
 * - A Go version has no `v`; a subpath is a part of the name of the module.
 */
export function identifyPackage(purl: string): PackageIdentity {
  const [, type = '', path = '', at = '', query = '', subpath = ''] =
    /^pkg:([^/]+)\/([^@?#]+)(?:@([^?#]*))?(?:\?([^#]*))?(?:#(.*))?$/.exec(
      purl.replace('pkg:npm/@', 'pkg:npm/%40'),
    ) ?? []
  if (path === '') throw new Error(`no purl: ${purl}`)
  const parts = path.split('/').map(decodeURIComponent)
  const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
  if (subpath !== '') parts.push(decodeURIComponent(subpath))
  const name = normalizeName(type, isSystem ? parts.at(-1)! : parts.join('/'))
  const epoch = new URLSearchParams(query).get('epoch')
  const version = normalizeVersion(type, decodeURIComponent(at), epoch)
  return { type, id: `${type}/${name}${version === '' ? '' : `@${version}`}` }
}

function normalizeName(type: string, name: string): string {
  if (type === 'pypi') return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
  return ['npm', 'golang', 'nuget', 'composer', 'conda'].includes(type) ? name.toLowerCase() : name
}

function normalizeVersion(type: string, version: string, epoch: string | null): string {
  if (type === 'golang') return version.replace(/^v(?=\d)/, '')
  if (type !== 'deb' && type !== 'rpm') return version
  const [, before, rest] = /^(\d+):(.*)$/s.exec(version) ?? []
  const number = Number(before ?? epoch ?? 0)
  return number > 0 ? `${number}:${rest ?? version}` : (rest ?? version)
}
