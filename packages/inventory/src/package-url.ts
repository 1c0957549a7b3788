import { PackageURL } from 'packageurl-js'
import type { Distro } from './inventory.ts'

/** Writes a purl in its canonical form (package-url specification). */
export function toPurl(
  type: string,
  namespace: string | undefined,
  name: string,
  version: string,
  qualifiers: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.fromEntries(
    Object.entries(qualifiers).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
  return new PackageURL(
    type,
    namespace,
    name,
    version,
    Object.keys(given).length > 0 ? given : undefined,
    undefined,
  ).toString()
}

/** The `distro` qualifier: `debian-12`. */
export function distroQualifier(distro: Distro | undefined): string | undefined {
  if (!distro) return undefined
  return distro.versionId ? `${distro.id}-${distro.versionId}` : distro.id
}
