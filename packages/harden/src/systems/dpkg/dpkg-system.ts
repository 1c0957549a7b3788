import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { OpenedSystem, PackageSystem } from '../package-system.ts'
import { createRequirements } from './create-requirements.ts'
import { findDiverters } from './find-diverters.ts'
import { listPaths } from './list-paths.ts'
import { protectionOf } from './protected-packages.ts'
import { removeFiles } from './remove-files.ts'
import { removePackages } from './remove-packages.ts'

/** Packages of dpkg, by `/var/lib/dpkg/status` or `status.d` (dpkg(1), Debian policy). */
export const dpkgSystem: PackageSystem = {
  type: 'deb',
  holds: ({ type, dpkg }) => type === 'deb' && dpkg !== undefined,
  open: openDpkg,
}

async function openDpkg(
  image: Image,
  all: readonly Package[],
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<OpenedSystem> {
  const packages = all.filter((found) => dpkgSystem.holds(found))
  const diverters = await findDiverters(image, all, signal)
  const fixed = new Map<Package, string>()
  const rules = new Map<Package, string>()
  for (const found of packages) {
    const [rule, reason] = [protectionOf(found.name), diverters.get(found.name)]
    if (rule) rules.set(found, rule)
    if (reason) fixed.set(found, reason)
  }
  return {
    fixed,
    protected: rules,
    requirementsOf: createRequirements(packages),
    listedPaths: (found) => listPaths(image, found, signal),
    recordPaths: ({ dpkg }) => dpkg?.metadataPaths ?? [],
    removePackages: (edit, removed, kept) => removePackages(image, edit, removed, kept, signal),
    removeFiles: (edit, files) => removeFiles(image, edit, files, signal),
  }
}
