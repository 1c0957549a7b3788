import type { FileTree } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import type { OpenDependency } from '../harden-result.ts'
import type { PackageUsage } from '../usage/usage.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import { closeDependencies, findOpenDependencies } from './close-dependencies.ts'
import { companionReason } from './companion-packages.ts'

/** Options of {@link planHardening}. */
export interface PlanHardeningOptions {
  /** `closed` keeps every dependency of a kept package; `relaxed` only what files need. Default `closed`. */
  readonly mode?: 'closed' | 'relaxed' | undefined
  /** Names of packages that stay in any case. */
  readonly keep?: readonly string[] | undefined
  /** Names of packages that may leave although a protection or a dependency speaks for them; `keep` is stronger. */
  readonly drop?: readonly string[] | undefined
  /** Whether a person agreed that a package may leave. Default: every one may. */
  readonly isApproved?: ((found: Package) => boolean) | undefined
  /** Paths whose packages stay although they are not used, and the reason. */
  readonly needed?: ReadonlyMap<string, string> | undefined
}

/** Which packages leave, and why each of the others stays. */
export interface HardenPlan {
  /** The mode that it was made in. */
  readonly mode: 'closed' | 'relaxed'
  /** Packages that would leave. */
  readonly removed: readonly Package[]
  /** Packages that would stay, each with its reason. */
  readonly kept: readonly { readonly package: Package; readonly usage: PackageUsage }[]
  /** Dependencies of kept packages that the removal opens; in `closed` mode only those on dropped packages. */
  readonly openDependencies: readonly OpenDependency[]
}

/**
 * Decides which packages can leave: those of which no file is reached, that nothing kept depends on, and that no
 * rule protects. What any program of a kept package needs and any of its links leads to stays too, whether the program
 * or link is reached or not. Packages that no system holds stay, unless they are part of a package that leaves.
 */
export async function planHardening(
  tree: FileTree,
  analysis: UsageAnalysis,
  inventory: Inventory,
  systems: OpenedSystems,
  { mode = 'closed', keep = [], drop = [], isApproved = () => true, needed }: PlanHardeningOptions = {},
): Promise<HardenPlan> {
  const usageOf = new Map(inventory.packages.map((found, index) => [found, analysis.packages[index]!]))
  const system = systems.packages
  const owners = new Map<string, Package[]>()
  for (const found of system) {
    for (const file of found.files) {
      const list = owners.get(file)
      if (list) list.push(found)
      else owners.set(file, [found])
    }
  }
  const isDropped = ({ name }: Package) => drop.includes(name) && !keep.includes(name)
  const osRelease = [tree.resolve('/etc/os-release')?.path, tree.resolve('/usr/lib/os-release')?.path]

  const kept = new Map<Package, PackageUsage>()
  for (const found of system) {
    const usage = usageOf.get(found)!
    const hasOsRelease = osRelease.some((path) => path && owners.get(path)?.includes(found))
    const protection = keep.includes(found.name)
      ? 'asked for'
      : hasOsRelease
        ? 'it holds os-release'
        : isApproved(found)
          ? (systems.fixed.get(found) ?? (isDropped(found) ? undefined : systems.protected.get(found)))
          : 'it is not in the plan that was approved'
    if (usage.usage !== 'present') kept.set(found, usage)
    else if (protection) kept.set(found, { ...usage, keptBy: { reason: 'protected', detail: protection } })
  }
  for (const [path, detail] of needed ?? []) {
    for (const owner of owners.get(path) ?? []) {
      if (!kept.has(owner))
        kept.set(owner, { ...usageOf.get(owner)!, keptBy: { reason: 'dependency', detail } })
    }
  }

  // Dependencies bring programs, whose libraries bring packages, whose dependencies …
  const followed = new Set<Package>()
  for (let grown = true; grown;) {
    grown = false
    const names = new Set([...kept.keys()].map(({ name }) => name))
    for (const found of system) {
      const detail = kept.has(found) ? undefined : companionReason(found.name, names)
      if (!detail) continue
      kept.set(found, { ...usageOf.get(found)!, keptBy: { reason: 'protected', detail } })
      grown = true
    }
    if (mode === 'closed') {
      for (const [found, detail] of closeDependencies(kept.keys(), systems, isDropped)) {
        kept.set(found, { ...usageOf.get(found)!, keptBy: { reason: 'dependency', detail } })
        grown = true
      }
    }
    for (const found of Array.from(kept.keys())) {
      if (followed.has(found)) continue
      followed.add(found)
      for (const { owner, detail } of await findNeededOwners(tree, analysis, found, owners)) {
        if (kept.has(owner)) continue
        kept.set(owner, { ...usageOf.get(owner)!, keptBy: { reason: 'dependency', detail } })
        grown = true
      }
    }
    if (grown) continue
    for (const { owner, detail } of findEmptiedFolders(tree, kept.keys(), owners)) {
      if (kept.has(owner)) continue
      kept.set(owner, { ...usageOf.get(owner)!, keptBy: { reason: 'dependency', detail } })
      grown = true
    }
  }

  const removed = system.filter((found) => !kept.has(found))
  const gone = new Set(removed)
  const keptPurls = new Set([...kept.keys()].map(({ purl }) => purl))
  const removedPurls = new Set(removed.map(({ purl }) => purl).filter((purl) => !keptPurls.has(purl)))
  return {
    mode,
    removed,
    openDependencies: findOpenDependencies(
      [...kept.keys()],
      systems,
      mode === 'relaxed' ? undefined : isDropped,
    ),
    kept: inventory.packages
      .filter((found) => !gone.has(found) && !(found.ownedBy && removedPurls.has(found.ownedBy)))
      .map((found) => ({
        package: found,
        usage: kept.get(found) ?? notRemovable(usageOf.get(found)!, systems.refusals.get(found.type)),
      })),
  }
}

function notRemovable(
  usage: PackageUsage,
  detail = 'no database that can be edited has a record of it',
): PackageUsage {
  return usage.usage === 'present' ? { ...usage, keptBy: { reason: 'not-removable', detail } } : usage
}

/** Packages that hold all of a folder that a link of a kept package leads to, such as its copyright file elsewhere. */
function findEmptiedFolders(
  tree: FileTree,
  kept: Iterable<Package>,
  owners: ReadonlyMap<string, readonly Package[]>,
): readonly { readonly owner: Package; readonly detail: string }[] {
  const packages = new Set(kept)
  const emptied: { owner: Package; detail: string }[] = []
  for (const { files } of packages) {
    for (const path of files) {
      if (tree.get(path)?.type !== 'symlink') continue
      const end = tree.resolve(path)
      if (end?.type !== 'directory') continue
      const content = tree.children(end.path).filter(({ type }) => type !== 'directory')
      const holders = content.map((child) => owners.get(child.path) ?? [])
      const [first] = holders.flat()
      if (first && holders.every((list) => list.length > 0 && !list.some((owner) => packages.has(owner))))
        emptied.push({ owner: first, detail: `${path} leads to what it holds` })
    }
  }
  return emptied
}

async function findNeededOwners(
  tree: FileTree,
  { contents, libraries }: UsageAnalysis,
  found: Package,
  owners: ReadonlyMap<string, readonly Package[]>,
): Promise<readonly { readonly owner: Package; readonly detail: string }[]> {
  const needed: { owner: Package; detail: string }[] = []
  const add = (path: string | undefined, detail: string) => {
    if (path !== undefined) for (const owner of owners.get(path) ?? []) needed.push({ owner, detail })
  }
  for (const path of found.files) {
    if (tree.get(path)?.type === 'symlink') add(tree.resolve(path)?.path, `${path} leads to it`)
    const elf = await contents.elf(path)
    if (elf?.interpreter) add(tree.resolve(elf.interpreter)?.path, `${path} is loaded by it`)
    for (const name of elf?.needed ?? []) {
      add(libraries.find(tree, { path, elf: elf! }, name)?.path, `${path} needs ${name}`)
    }
  }
  return needed
}
