import type { Image } from '@sallyport/image'
import type { Package, PackageType } from '@sallyport/inventory'
import { apkSystem } from './apk/apk-system.ts'
import { dpkgSystem } from './dpkg/dpkg-system.ts'
import { npmSystem } from './npm/npm-system.ts'
import type {
  DatabaseEdit,
  LeavingPackages,
  OpenedSystem,
  OpenSystemOptions,
  PackageSystem,
  Requirement,
} from './package-system.ts'
import { pythonSystem } from './python/python-system.ts'
import { rpmSystem } from './rpm/rpm-system.ts'
import { rubySystem } from './ruby/ruby-system.ts'

/** All packages of an image that can leave, of whatever kind. */
export interface OpenedSystems extends Omit<
  OpenedSystem,
  'refusal' | 'leaving' | 'protected' | 'removeFiles' | 'wanted'
> {
  readonly protected: ReadonlyMap<Package, string>
  readonly leaving: LeavingPackages
  readonly wanted: readonly Requirement[]
  /** Packages that have a record in a database which can be edited, in the inventory's order. */
  readonly packages: readonly Package[]
  /** Why packages of a kind can't leave. */
  readonly refusals: ReadonlyMap<PackageType, string>
  /** Takes some files of packages that stay out of their lists. Gives the packages whose lists can't be changed. */
  removeFiles(
    edit: DatabaseEdit,
    files: ReadonlyMap<Package, readonly string[]>,
  ): Promise<ReadonlySet<Package>>
}

const known: readonly PackageSystem[] = [
  dpkgSystem,
  apkSystem,
  rpmSystem,
  npmSystem,
  pythonSystem,
  rubySystem,
]

/** Opens the databases of all kinds that the image has packages of. */
export async function openSystems(
  image: Image,
  all: readonly Package[],
  { systems = known, ...options }: OpenSystemOptions & { readonly systems?: readonly PackageSystem[] } = {},
): Promise<OpenedSystems> {
  const systemOf = new Map<Package, OpenedSystem>()
  const refusals = new Map<PackageType, string>()
  const opened: OpenedSystem[] = []
  for (const system of systems) {
    const packages = all.filter((found) => system.holds(found))
    // Those that another system holds may be told to leave by what knows the language.
    if (packages.length === 0 && !all.some(({ type }) => type === system.type)) continue
    const here = await system.open(image, all, options)
    if (here.refusal !== undefined) {
      refusals.set(system.type, here.refusal)
      continue
    }
    opened.push(here)
    for (const found of packages) systemOf.set(found, here)
  }
  const ofSystem = (system: OpenedSystem, packages: readonly Package[]) =>
    packages.filter((found) => systemOf.get(found) === system)
  return {
    packages: all.filter((found) => systemOf.has(found)),
    refusals,
    leaving: joinLeaving(opened.flatMap(({ leaving }) => leaving ?? [])),
    wanted: opened.flatMap(({ wanted = [] }) => wanted),
    fixed: new Map(opened.flatMap(({ fixed }) => [...fixed])),
    protected: new Map(opened.flatMap((system) => [...(system.protected ?? [])])),
    requirementsOf: (found) => systemOf.get(found)?.requirementsOf(found) ?? [],
    listedPaths: async (found) => (await systemOf.get(found)?.listedPaths(found)) ?? [],
    recordPaths: (found) => systemOf.get(found)?.recordPaths(found) ?? [],
    async removePackages(edit, removed, kept) {
      for (const system of opened) {
        const leaving = ofSystem(system, removed)
        if (leaving.length > 0) await system.removePackages(edit, leaving, ofSystem(system, kept))
      }
    },
    async removeFiles(edit, files) {
      const unable = new Set<Package>()
      for (const system of new Set([...files.keys()].map((found) => systemOf.get(found)))) {
        const own = new Map([...files].filter(([found]) => systemOf.get(found) === system))
        if (system?.removeFiles) await system.removeFiles(edit, own)
        else for (const found of own.keys()) unable.add(found)
      }
      return unable
    },
  }
}

function joinLeaving(all: readonly LeavingPackages[]): LeavingPackages {
  return {
    reasons: new Map(all.flatMap(({ reasons }) => [...reasons])),
    referredTo: (text, path) => all.flatMap((one) => one.referredTo(text, path)),
    isBystander: (path) => all.some((one) => one.isBystander(path)),
  }
}
