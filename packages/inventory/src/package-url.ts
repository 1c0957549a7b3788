import { loadPackageUrl } from './internal/load-libraries.ts'
import type { PackageType } from './inventory.ts'

/** How purls of system packages name their distribution. */
export interface PurlDistro {
  /** `ID` of os-release. */
  readonly namespace?: string | undefined
  /** The `distro` qualifier: `debian-12`. */
  readonly qualifier?: string | undefined
}

/** The parts of a purl. */
export interface PurlParts {
  readonly type: PackageType
  readonly namespace?: string | undefined
  readonly name: string
  readonly version: string
  readonly qualifiers?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Writes a purl in its canonical form (package-url specification).
 *
 * @throws {SyntaxError} when name or version cannot stand in one.
 */
export function toPurl({ type, namespace, name, version, qualifiers = {} }: PurlParts): string {
  const given = Object.fromEntries(
    Object.entries(qualifiers).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
  const { PackageURL } = loadPackageUrl()
  try {
    return new PackageURL(
      type,
      namespace,
      name,
      version,
      Object.keys(given).length > 0 ? given : undefined,
      undefined,
    ).toString()
  } catch {
    // The library has errors of its own, and a ReferenceError for Go versions that are no semantic versions.
    throw new SyntaxError(
      `no purl can name this package: ${JSON.stringify(`${name}@${version}`.slice(0, 120))}`,
    )
  }
}

/** The qualifier `upstream`, as Syft writes and Grype reads it: the source package, where it differs. */
export function upstreamQualifier(
  { name, version }: { readonly name: string; readonly version: string },
  source: { readonly name: string; readonly version: string },
): string | undefined {
  if (source.version !== version) return `${source.name}@${source.version}`
  return source.name === name ? undefined : source.name
}
