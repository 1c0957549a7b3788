import type { PackageURL } from 'packageurl-js'
import { loadPackageUrl } from '../internal/load-libraries.ts'

/** Parses a purl; `undefined` when it is none. */
export function parsePurl(purl: string): PackageURL | undefined {
  const { PackageURL: parser } = loadPackageUrl()
  try {
    return parser.fromString(purl)
  } catch {
    return undefined
  }
}

/**
 * Whether a purl of a statement names a package: type, namespace and name are the same, and version and qualifiers
 * where the statement has them. A subpath names a part of a package, and so never the whole.
 */
export function purlNames(stated: PackageURL, found: PackageURL): boolean {
  return (
    stated.type === found.type &&
    (stated.namespace ?? '') === (found.namespace ?? '') &&
    stated.name === found.name &&
    !stated.subpath &&
    (!stated.version || stated.version === found.version) &&
    Object.entries(stated.qualifiers ?? {}).every(([key, value]) => found.qualifiers?.[key] === value)
  )
}
