import type { Package } from '@sallyport/inventory'
import type { Requirement } from '../package-system.ts'
import { createProviders, formatDependency } from './create-providers.ts'

/** Tells what a package depends on among these (Debian policy, 7.2: `Depends` and `Pre-Depends`). */
export function createRequirements(packages: readonly Package[]): (found: Package) => readonly Requirement[] {
  const providers = createProviders(packages)
  const known = new Map<Package, readonly Requirement[]>()
  return (found) => {
    let requirements = known.get(found)
    if (!requirements) {
      requirements = (found.dpkg?.depends ?? []).map((alternatives) => ({
        text: alternatives.map(formatDependency).join(' | '),
        satisfiedBy: [...new Set(alternatives.flatMap((one) => providers.find(one, found)))],
      }))
      known.set(found, requirements)
    }
    return requirements
  }
}
