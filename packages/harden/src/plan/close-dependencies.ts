import type { Package } from '@sallyport/inventory'
import type { OpenDependency } from '../harden-result.ts'
import type { OpenedSystem } from '../systems/package-system.ts'

type Requirements = Pick<OpenedSystem, 'requirementsOf'>

/**
 * What has to stay besides a set of packages so that everything which they need does, and why. Of alternatives, one
 * that is kept already counts; otherwise the first that is there is taken.
 */
export function closeDependencies(
  kept: Iterable<Package>,
  systems: Requirements,
): ReadonlyMap<Package, string> {
  const reasons = new Map<Package, string>()
  const closed = new Set(kept)
  for (const found of closed) {
    for (const { satisfiedBy } of systems.requirementsOf(found)) {
      const [chosen] = satisfiedBy
      if (!chosen || satisfiedBy.some((candidate) => closed.has(candidate))) continue
      reasons.set(chosen, `${found.name} depends on it`)
      closed.add(chosen)
    }
  }
  return reasons
}

/** What kept packages need that was there, and is not without the removed ones, sorted. */
export function findOpenDependencies(
  kept: readonly Package[],
  systems: Requirements,
): readonly OpenDependency[] {
  const staying = new Set(kept)
  const open = kept.flatMap((found) =>
    systems
      .requirementsOf(found)
      .filter(({ satisfiedBy }) => satisfiedBy.length > 0 && !satisfiedBy.some((one) => staying.has(one)))
      .map(({ text }) => ({ purl: found.purl, dependsOn: text })),
  )
  const key = ({ purl, dependsOn }: OpenDependency) => `${purl} ${dependsOn}`
  return open.sort((one, other) => (key(one) < key(other) ? -1 : 1))
}
