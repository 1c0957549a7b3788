import type { DpkgDependency, Package } from '@sallyport/inventory'

/** Names under which installed packages can be depended on. */
export interface Providers {
  /** Installed packages that satisfy an alternative, by name or by what they provide. */
  find(dependency: DpkgDependency): readonly Package[]
}

/** Indexes packages by their names and by what they provide (Debian policy, 7.5). */
export function createProviders(packages: readonly Package[]): Providers {
  const byName = new Map<string, Package[]>()
  const add = (name: string, found: Package) => {
    const list = byName.get(name)
    if (list) list.push(found)
    else byName.set(name, [found])
  }
  for (const found of packages) {
    add(found.name, found)
    for (const { name } of found.dpkg?.provides ?? []) if (name !== found.name) add(name, found)
  }
  return { find: ({ name }) => byName.get(name) ?? [] }
}

/**
 * Adds to a set of packages everything that they depend on. Of alternatives, one that is kept already counts;
 * otherwise the first that is installed. Versions need not be compared: what is installed satisfied them before.
 */
export function closeDependencies(
  kept: Iterable<Package>,
  providers: Providers,
): ReadonlyMap<Package, string> {
  const reasons = new Map<Package, string>()
  const closed = new Set(kept)
  for (const found of closed) {
    for (const alternatives of found.dpkg?.depends ?? []) {
      const candidates = alternatives.flatMap((alternative) => providers.find(alternative))
      if (candidates.length === 0 || candidates.some((candidate) => closed.has(candidate))) continue
      const chosen = candidates[0]!
      reasons.set(chosen, `${found.name} depends on it`)
      closed.add(chosen)
    }
  }
  return reasons
}
