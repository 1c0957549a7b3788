import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { OpenedSystem, OpenSystemOptions, PackageSystem } from '../package-system.ts'
import { findBundledWheels, findLeaving, importFolder, normalizeName } from './find-leaving.ts'
import { findReferences } from './find-references.ts'

/** Installed Python distributions that no package of the system owns, by `dist-info` and `egg-info`. */
export const pythonSystem: PackageSystem = {
  type: 'pypi',
  holds: ({ type, ownedBy, evidence }) =>
    type === 'pypi' &&
    ownedBy === undefined &&
    (evidence.method === 'python-dist-info' || evidence.method === 'python-egg-info'),
  open: openPython,
}

async function openPython(
  { tree }: Image,
  all: readonly Package[],
  { drop = [] }: OpenSystemOptions,
): Promise<OpenedSystem> {
  const packages = all.filter((found) => pythonSystem.holds(found))
  const reasons = findLeaving(tree, packages, all, drop)
  const byPurl = Map.groupBy(packages, ({ purl }) => purl)
  const owned = new Set(
    all.filter(({ type }) => /^(?:deb|apk|rpm)$/.test(type)).flatMap(({ files }) => files),
  )
  const wheels = new Map(
    [...reasons.keys()].map((found) => [found, findBundledWheels(tree, found, (path) => owned.has(path))]),
  )
  const leaving = new Map([...reasons, ...findSystemInstallers(all)])
  const byModule = indexModules([...leaving.keys()])
  const fixed = new Map<Package, string>()
  for (const found of packages)
    if (!reasons.has(found)) fixed.set(found, 'an application may import it by its name')
  return {
    fixed,
    leaving: {
      reasons: leaving,
      referredTo: (text, path) =>
        byModule.size === 0 || isTest(path) ? [] : findReferences(byModule, text, path),
      isBystander,
    },
    requirementsOf: ({ dependsOn = [] }) =>
      dependsOn.flatMap((purl) => {
        const satisfiedBy = byPurl.get(purl) ?? []
        return satisfiedBy.length > 0 ? [{ text: purl, satisfiedBy }] : []
      }),
    listedPaths: async ({ files }) => files,
    recordPaths: (found) => wheels.get(found) ?? [],
    // All of its records are files of its own.
    removePackages: async () => {},
  }
}

/** Tests of installed distributions, and prose in their metadata, run nothing. */
const isTest = (path: string | undefined) =>
  path !== undefined && (/\.(?:dist|egg)-info\//.test(path) || /-packages\/.*\/tests?\//.test(path))

const installerCode =
  /\/(?:site|dist)-packages\/(?:pip|setuptools|pkg_resources|_distutils_hack|wheel|distutils-precedence\.pth)(?:\/|$)/

/** The standard library names `pip` where it would install it, installers each other; they do not need them. */
const isBystander = (path: string) =>
  (/\/lib(?:64)?\/(?:python|pypy)[\d.]+\//.test(path) && !/\/(?:site|dist)-packages\//.test(path)) ||
  installerCode.test(path)

/** Packages of the system that are nothing but such an installer; their own database decides what else keeps them. */
function findSystemInstallers(all: readonly Package[]): ReadonlyMap<Package, string> {
  return new Map(
    all
      .filter(({ type, name }) => /^(?:deb|apk|rpm)$/.test(type) && systemInstaller.test(name))
      .filter(({ files }) => files.some((path) => installerCode.test(path)))
      .map((found) => [found, 'an installer, which a running application does not need']),
  )
}

const systemInstaller = /^(?:python3|py3|python3\.\d+|python\d{2,3})-(?:pip|setuptools|pkg-resources|wheel)$/

/** Packages by the names of modules and folders that they have right in the folder of modules. */
function indexModules(packages: readonly Package[]): ReadonlyMap<string, readonly Package[]> {
  const byModule = new Map<string, Package[]>()
  for (const found of packages) {
    const place = `${importFolder(found)}/`
    const modules = new Set(found.type === 'pypi' ? [normalizeName(found.name).replaceAll('-', '_')] : [])
    for (const path of found.files) {
      const inside = path.startsWith(place)
        ? path.slice(place.length)
        : /\/(?:site|dist)-packages\/(.*)$/.exec(path)?.[1]
      const [first] = inside?.split('/') ?? []
      if (first === undefined) continue
      if (!/\.(?:dist|egg)-info$|\.pth$/.test(first)) modules.add(first.replace(/\..*$/, '').toLowerCase())
    }
    // Since Python 3.12 the standard library has none.
    if (modules.has('setuptools')) modules.add('distutils')
    for (const module of modules) byModule.set(module, [...(byModule.get(module) ?? []), found])
  }
  return byModule
}
