import type { DpkgDependency, Package } from '@sallyport/inventory'
import { compareDebianVersions, isUnparseable } from '@sallyport/scan/compare'

/** Names under which installed packages can be depended on. */
export interface Providers {
  /** Installed packages that satisfy an alternative of `depender`, by name or by what they provide. */
  find(dependency: DpkgDependency, depender: Package): readonly Package[]
}

/** Indexes packages by their names and by what they provide (Debian policy, 7.1 and 7.5). */
export function createProviders(packages: readonly Package[]): Providers {
  const byName = new Map<string, { readonly found: Package; readonly version: string | undefined }[]>()
  const add = (name: string, found: Package, version: string | undefined) => {
    const list = byName.get(name)
    if (list) list.push({ found, version })
    else byName.set(name, [{ found, version }])
  }
  for (const found of packages) {
    add(found.name, found, found.version)
    for (const { name, version } of found.dpkg?.provides ?? []) add(name, found, version)
  }
  const native = nativeArch(packages)
  return {
    find: (dependency, depender) => [
      ...new Set(
        (byName.get(dependency.name) ?? [])
          .filter(
            ({ found, version }) => fitsVersion(dependency, version) && fitsArch(dependency, found, depender),
          )
          .map(({ found }) => found),
      ),
    ],
  }

  /** Of one name, another architecture satisfies only where both sides allow it (multiarch specification). */
  function fitsArch({ arch }: DpkgDependency, { arch: has, dpkg }: Package, depender: Package): boolean {
    if (has === undefined || has === 'all' || dpkg?.multiArch === 'foreign') return true
    if (arch === 'any') return true
    const wanted = arch ?? (depender.arch === 'all' ? native : depender.arch)
    return wanted === undefined || wanted === 'native' || has === wanted
  }
}

/** The architecture of most packages. */
function nativeArch(packages: readonly Package[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { arch } of packages) if (arch && arch !== 'all') counts.set(arch, (counts.get(arch) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0]
}

/** A version that can't be compared does not satisfy: nothing may be left out because of it. */
function fitsVersion({ operator, version: wanted }: DpkgDependency, has: string | undefined): boolean {
  if (operator === undefined || wanted === undefined) return true
  if (has === undefined) return false
  const order = compareDebianVersions(has, wanted)
  if (isUnparseable(order)) return false
  switch (operator) {
    case '<<':
      return order < 0
    case '<=':
      return order <= 0
    case '=':
      return order === 0
    case '>=':
      return order >= 0
    case '>>':
      return order > 0
  }
}

/** A relationship as dpkg writes it. */
export function formatDependency({ name, arch, operator, version }: DpkgDependency): string {
  const qualified = arch === undefined ? name : `${name}:${arch}`
  return operator === undefined ? qualified : `${qualified} (${operator} ${version})`
}
