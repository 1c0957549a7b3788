import type { DpkgDependency, Package } from '@sallyport/inventory'
import { parseControlStanzas } from '@sallyport/inventory'
import { createProviders, type Providers } from '../../systems/dpkg/create-providers.ts'
import { candidateKey, type DebCandidate, parseRelationships } from './read-candidates.ts'

/** Which packages are upgraded together, and which of those asked for are not. */
export interface ChosenUpgrades {
  readonly upgrades: ReadonlyMap<Package, DebCandidate>
  /** Why not, by package. */
  readonly refused: ReadonlyMap<Package, string>
}

/**
 * Chooses a set of upgrades after which every dependency of an upgraded package that held, or is new, holds, no
 * dependency of another package is broken, and nothing conflicts. No package is added: where one would be needed, the
 * upgrade is refused. Packages that have to follow, such as others of the same source, join the set.
 *
 * @param installed - all dpkg packages of the image
 * @param candidates - the newest version of each, by {@link candidateKey}, where it is newer than the installed one
 * @param wanted - packages to upgrade
 * @param refused - packages that can't be, and why
 */
export function chooseUpgrades(
  installed: readonly Package[],
  candidates: ReadonlyMap<string, DebCandidate>,
  wanted: Iterable<Package>,
  refused: ReadonlyMap<Package, string>,
): ChosenUpgrades {
  const all = new Map(refused)
  const first = [...wanted]
  const before = createProviders(installed)
  const conflictsOf = createConflicts()
  for (;;) {
    const selected = new Map<Package, DebCandidate>()
    const select = (found: Package): boolean => {
      const candidate = candidates.get(candidateKey(found.name, found.arch))
      if (!candidate || all.has(found) || selected.has(found)) return false
      selected.set(found, candidate)
      return true
    }
    for (const found of first) select(found)
    const broken = completeSelection(selected, select)
    // Each round refuses at least one more, so this ends.
    if (broken.size === 0) return { upgrades: selected, refused: all }
    for (const [found, reason] of broken) all.set(found, reason)
  }

  /** Adds what has to follow until nothing has to; gives what can't be upgraded. */
  function completeSelection(
    selected: Map<Package, DebCandidate>,
    select: (found: Package) => boolean,
  ): ReadonlyMap<Package, string> {
    for (;;) {
      const results = new Map(installed.map((found) => [found, toResult(found, selected.get(found))]))
      const origins = new Map([...results].map(([found, result]) => [result, found]))
      const after = createProviders([...results.values()])
      const broken = new Map<Package, string>()
      let isChanged = false
      for (const found of installed) {
        const result = results.get(found)!
        const candidate = selected.get(found)
        for (const group of result.dpkg!.depends) {
          if (holds(after, group, result)) continue
          const held = holds(before, group, found)
          if (candidate ? wasOpen(found, group) : !held) continue
          if (candidate) {
            if (followers(group).some(select)) isChanged = true
            else broken.set(found, `it needs ${formatGroup(group)}, which is not installed in such a version`)
          } else if (select(found)) isChanged = true
          else {
            for (const cause of group
              .flatMap((one) => before.find(one, found))
              .filter((one) => selected.has(one)))
              broken.set(cause, `${found.name} needs ${formatGroup(group)} and can't follow`)
          }
        }
        const known = new Set(conflictsOf(found).flatMap((one) => before.find(ofAnyArch(one), found)))
        for (const conflict of candidate?.conflicts ?? conflictsOf(found)) {
          for (const hit of after.find(ofAnyArch(conflict), result).map((one) => origins.get(one)!)) {
            if (hit === found || known.has(hit)) continue
            if (select(hit)) isChanged = true
            else
              broken.set(candidate ? found : hit, `${found.name} conflicts with ${formatGroup([conflict])}`)
          }
        }
      }
      if (isChanged) continue
      return new Map([...broken].filter(([found]) => selected.has(found)))
    }
  }

  /** Installed packages of a name that a group asks for: their own upgrade may be what is asked for. */
  function followers(group: readonly DpkgDependency[]): readonly Package[] {
    const names = new Set(group.map(({ name }) => name))
    return installed.filter(
      ({ name, dpkg }) => names.has(name) || dpkg!.provides.some((one) => names.has(one.name)),
    )
  }

  /** Whether the installed version had the same dependency open, as after hardening in `relaxed` mode. */
  function wasOpen({ dpkg, ...found }: Package, group: readonly DpkgDependency[]): boolean {
    const names = namesOf(group)
    const old = dpkg!.depends.find((one) => namesOf(one) === names)
    return old !== undefined && !holds(before, old, { dpkg, ...found })
  }
}

/** Conflicts count against each architecture of a package. */
const ofAnyArch = (one: DpkgDependency): DpkgDependency => ({ ...one, arch: one.arch ?? 'any' })

const namesOf = (group: readonly DpkgDependency[]) => group.map(({ name }) => name).join(' ')

function holds(providers: Providers, group: readonly DpkgDependency[], depender: Package): boolean {
  return group.some((one) => providers.find(one, depender).length > 0)
}

/** A package as it is after the upgrade, as far as dependencies see it. */
function toResult(found: Package, candidate: DebCandidate | undefined): Package {
  if (!candidate) return found
  const { version, depends, provides, multiArch } = candidate
  return { ...found, version, dpkg: { ...found.dpkg!, depends, provides, multiArch } }
}

/** The conflicts of installed packages, read when asked for. */
function createConflicts(): (found: Package) => readonly DpkgDependency[] {
  const known = new Map<Package, readonly DpkgDependency[]>()
  return (found) => {
    let conflicts = known.get(found)
    if (!conflicts) {
      const [stanza] = [...parseControlStanzas(found.dpkg!.stanza)]
      known.set(found, (conflicts = stanza ? parseRelationships(stanza.fields).conflicts : []))
    }
    return conflicts
  }
}

function formatGroup(group: readonly DpkgDependency[]): string {
  return group
    .map(({ name, operator, version }) =>
      operator === undefined ? name : `${name} (${operator} ${version})`,
    )
    .join(' | ')
}
