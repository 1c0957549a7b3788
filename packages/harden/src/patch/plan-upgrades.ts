import type { Package } from '@sallyport/inventory'
import type { PackageEdit } from './package-edit.ts'
import type { PatchProgress } from './patch-report.ts'

/** How one kind of packages is fetched and planned. */
export interface UpgradeSteps<Candidate, Staged, Plan> {
  /** Fetches and verifies a package. */
  readonly stage: (candidate: Candidate) => Promise<Staged>
  /** Works out what changes, or why it can't be taken. */
  readonly plan: (found: Package, staged: Staged) => Promise<Plan | { readonly refused: string }>
  readonly onProgress: (event: PatchProgress) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Fetches and plans what was not yet, and remembers it in `plans`; gives those that can't be upgraded, and why. Two
 * packages that bring one path can't both be.
 */
export async function planUpgrades<
  Candidate extends { readonly version: string; readonly size: number },
  Staged,
  Plan extends { readonly edit: PackageEdit },
>(
  upgrades: ReadonlyMap<Package, Candidate>,
  plans: Map<Package, Plan>,
  { stage, plan: planOne, onProgress, signal }: UpgradeSteps<Candidate, Staged, Plan>,
): Promise<ReadonlyMap<Package, string>> {
  const rejected = new Map<Package, string>()
  const taken = new Map<string, Package>()
  for (const [found, candidate] of upgrades) {
    signal?.throwIfAborted()
    let plan = plans.get(found)
    if (!plan) {
      const staged = await stage(candidate)
      const { version, size } = candidate
      onProgress({ type: 'package-fetched', name: found.name, version, size })
      const result = await planOne(found, staged)
      if ('refused' in result) {
        rejected.set(found, result.refused)
        onProgress({ type: 'package-refused', name: found.name, reason: result.refused })
        continue
      }
      plan = result
      plans.set(found, plan)
    }
    for (const [path, { type }] of plan.edit.add) {
      const other = type === 'directory' ? undefined : taken.get(path)
      if (other) rejected.set(found, `${path} comes with ${other.name} too`)
      taken.set(path, found)
    }
  }
  return rejected
}
