import type { FileTree } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import type { PackageUsage } from '../usage/usage.ts'
import { closeDependencies, createProviders } from './close-dependencies.ts'
import { companionReason, protectionOf } from './protected-packages.ts'

/** Options of {@link planHardening}. */
export interface PlanHardeningOptions {
  /** `closed` keeps every dependency of a kept package; `relaxed` only what files need. Default `closed`. */
  readonly mode?: 'closed' | 'relaxed' | undefined
  /** Names of packages that stay in any case. */
  readonly keep?: readonly string[] | undefined
  /** Names of packages that can't leave for another reason, and the reason; see `findDiverters`. */
  readonly fixed?: ReadonlyMap<string, string> | undefined
}

/** Which packages leave, and why each of the others stays. */
export interface HardenPlan {
  readonly mode: 'closed' | 'relaxed'
  readonly removed: readonly Package[]
  readonly kept: readonly { readonly package: Package; readonly usage: PackageUsage }[]
}

/**
 * Decides which dpkg packages can leave: those of which no file is reached, that nothing kept depends on, and that no
 * rule protects. Libraries that any program of a kept package needs count as reached, whether the program is reached
 * or not. Packages of other kinds stay, unless they are part of a dpkg package that leaves.
 */
export async function planHardening(
  tree: FileTree,
  analysis: UsageAnalysis,
  inventory: Inventory,
  { mode = 'closed', keep = [], fixed }: PlanHardeningOptions = {},
): Promise<HardenPlan> {
  const usageOf = new Map(inventory.packages.map((found, index) => [found, analysis.packages[index]!]))
  const system = inventory.packages.filter(({ type, dpkg }) => type === 'deb' && dpkg !== undefined)
  const owners = new Map<string, Package[]>()
  for (const found of system) {
    for (const file of found.files) {
      const list = owners.get(file)
      if (list) list.push(found)
      else owners.set(file, [found])
    }
  }
  const providers = createProviders(system)
  const osRelease = [tree.resolve('/etc/os-release')?.path, tree.resolve('/usr/lib/os-release')?.path]

  const kept = new Map<Package, PackageUsage>()
  for (const found of system) {
    const usage = usageOf.get(found)!
    const hasOsRelease = osRelease.some((path) => path && owners.get(path)?.includes(found))
    const protection = protectionOf(found.name, hasOsRelease, keep) ?? fixed?.get(found.name)
    if (usage.usage !== 'present') kept.set(found, usage)
    else if (protection) kept.set(found, { ...usage, keptBy: { reason: 'protected', detail: protection } })
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
      for (const [found, detail] of closeDependencies(kept.keys(), providers)) {
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
  }

  const removed = system.filter((found) => !kept.has(found))
  const gone = new Set(removed)
  const keptPurls = new Set([...kept.keys()].map(({ purl }) => purl))
  const removedPurls = new Set(removed.map(({ purl }) => purl).filter((purl) => !keptPurls.has(purl)))
  return {
    mode,
    removed,
    kept: inventory.packages
      .filter((found) => !gone.has(found) && !(found.ownedBy && removedPurls.has(found.ownedBy)))
      .map((found) => ({ package: found, usage: kept.get(found) ?? withReason(usageOf.get(found)!) })),
  }
}

function withReason(usage: PackageUsage): PackageUsage {
  return usage.usage === 'present'
    ? { ...usage, keptBy: { reason: 'not-removable', detail: 'packages of this kind are not removed yet' } }
    : usage
}

async function findNeededOwners(
  tree: FileTree,
  { contents, libraries }: UsageAnalysis,
  found: Package,
  owners: ReadonlyMap<string, readonly Package[]>,
): Promise<readonly { readonly owner: Package; readonly detail: string }[]> {
  const needed: { owner: Package; detail: string }[] = []
  for (const path of found.files) {
    const elf = await contents.elf(path)
    for (const name of elf?.needed ?? []) {
      const library = libraries.find(tree, { path, elf: elf! }, name)
      for (const owner of (library && owners.get(library.path)) ?? [])
        needed.push({ owner, detail: `${path} needs ${name}` })
    }
  }
  return needed
}
