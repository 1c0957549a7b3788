import type { Package } from '@sallyport/inventory'
import type { OpenDependency } from '../harden-result.ts'
import type { OpenedSystem } from '../systems/package-system.ts'

type Requirements = Pick<OpenedSystem, 'requirementsOf'>

/**
 * What has to stay besides a set of packages so that everything which they need does, and why. Of alternatives, one
 * that is kept already counts; otherwise the first that is there, and is not dropped, is taken.
 */
export function closeDependencies(
  kept: Iterable<Package>,
  systems: Requirements,
  isDropped: (found: Package) => boolean = () => false,
): ReadonlyMap<Package, string> {
  const reasons = new Map<Package, string>()
  const closed = new Set(kept)
  for (const found of closed) {
    for (const { satisfiedBy } of systems.requirementsOf(found)) {
      const chosen = satisfiedBy.find((candidate) => !isDropped(candidate))
      if (!chosen || satisfiedBy.some((candidate) => closed.has(candidate))) continue
      reasons.set(chosen, `${found.name} depends on it`)
      closed.add(chosen)
    }
  }
  return reasons
}

/**
 * What kept packages need that was there, and is not without the removed ones, sorted. `isOpened`: whether a package
 * was meant to be missed; a dependency on any other is not listed.
 */
export function findOpenDependencies(
  kept: readonly Package[],
  systems: Requirements,
  isOpened: (found: Package) => boolean = () => true,
): readonly OpenDependency[] {
  const staying = new Set(kept)
  const open = kept.flatMap((found) =>
    systems
      .requirementsOf(found)
      .filter(({ satisfiedBy }) => satisfiedBy.length > 0 && !satisfiedBy.some((one) => staying.has(one)))
      .filter(({ satisfiedBy }) => satisfiedBy.every(isOpened))
      .map(({ text }) => ({ purl: found.purl, dependsOn: text })),
  )
  const key = ({ purl, dependsOn }: OpenDependency) => `${purl} ${dependsOn}`
  return open.sort((one, other) => (key(one) < key(other) ? -1 : 1))
}
