/** How two lists of packages differ. */
export interface PackageDifferences {
  /** purls of the image that the SBOM lacks. */
  readonly missing: readonly string[]
  /** purls of the SBOM that the image lacks. */
  readonly extra: readonly string[]
  /** Packages that both have, in other versions: name with type and namespace, and the versions of each. */
  readonly differing: readonly {
    readonly package: string
    readonly sbom: readonly string[]
    readonly image: readonly string[]
  }[]
}

/**
 * Compares packages by type, namespace, name and version. Qualifiers and subpaths are left out: tools differ in what they
 * put there (`arch`, `distro`, `upstream`). How often a package occurs does not matter.
 */
export function comparePackages(sbom: readonly string[], image: readonly string[]): PackageDifferences {
  const listed = groupByName(sbom)
  const installed = groupByName(image)
  const differing: PackageDifferences['differing'][number][] = []
  for (const [name, one] of installed) {
    const other = listed.get(name)
    if (!other || (one.size === other.size && [...one.keys()].every((version) => other.has(version))))
      continue
    differing.push({ package: name, sbom: [...other.keys()].sort(), image: [...one.keys()].sort() })
  }
  return {
    missing: onlyIn(installed, listed),
    extra: onlyIn(listed, installed),
    differing: differing.sort((one, other) => (one.package < other.package ? -1 : 1)),
  }
}

/** Package to its versions, and each of them to a purl. */
type Versions = ReadonlyMap<string, ReadonlyMap<string, string>>

function groupByName(purls: readonly string[]): Versions {
  const groups = new Map<string, Map<string, string>>()
  for (const purl of purls) {
    const { name, version } = splitPurl(purl)
    const versions = groups.get(name) ?? new Map<string, string>()
    groups.set(name, versions.set(version, purl))
  }
  return groups
}

function onlyIn(one: Versions, other: Versions): readonly string[] {
  return [...one]
    .filter(([name]) => !other.has(name))
    .flatMap(([, versions]) => [...versions.values()])
    .sort()
}

/** Any text is taken apart, so that what is no purl is still compared, as it is. */
function splitPurl(purl: string): { readonly name: string; readonly version: string } {
  const path = purl.split(/[?#]/, 1)[0] ?? ''
  const at = path.lastIndexOf('@')
  // An @ before the last slash belongs to a namespace that was not encoded: pkg:npm/@scope/name.
  const [head, version] = at > path.lastIndexOf('/') ? [path.slice(0, at), path.slice(at + 1)] : [path, '']
  const [type = '', ...rest] = head.replace(/^pkg:\/*/i, 'pkg:').split('/')
  return { name: [type.toLowerCase(), ...rest.map(decode)].join('/'), version: decode(version) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
