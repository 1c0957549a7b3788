import type { FileTree } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

const installers = new Set(['pip', 'setuptools', 'wheel'])

/** Name of a distribution as it is compared (Python packaging: names and normalization). */
export const normalizeName = (name: string) => name.toLowerCase().replaceAll(/[-_.]+/g, '-')

/** The folder that modules of a distribution are imported from. */
export const importFolder = ({ evidence }: Package): string => {
  const own = evidence.path.slice(0, evidence.path.lastIndexOf('/'))
  return own.slice(0, own.lastIndexOf('/'))
}

/**
 * Distributions that may leave, and why: installers, and those declared as not needed; not one whose files are not all
 * listed, that lists files of another or outside of its place, or that one needs which stays.
 */
export function findLeaving(
  tree: FileTree,
  packages: readonly Package[],
  all: readonly Package[],
  drop: readonly string[],
): ReadonlyMap<Package, string> {
  const dropped = new Set(drop.map(normalizeName))
  const holders = new Map<string, number>()
  for (const { files } of all) for (const path of files) holders.set(path, (holders.get(path) ?? 0) + 1)
  const reasons = new Map<Package, string>()
  for (const found of packages) {
    const name = normalizeName(found.name)
    const reason = installers.has(name)
      ? 'an installer, which a running application does not need'
      : dropped.has(name)
        ? 'declared as not needed'
        : undefined
    if (!reason || !hasList(tree, found)) continue
    const place = importFolder(found)
    if (found.files.every((path) => holders.get(path) === 1 && isOwnPlace(place, path)))
      reasons.set(found, reason)
  }
  const needed = new Set(
    packages.filter((one) => !reasons.has(one)).flatMap(({ dependsOn = [] }) => dependsOn),
  )
  for (const purl of needed) {
    for (const [found] of reasons) {
      if (found.purl !== purl) continue
      reasons.delete(found)
      for (const further of found.dependsOn ?? []) needed.add(further)
    }
  }
  return reasons
}

/** Whether the installation says which files it put there. */
function hasList(tree: FileTree, { evidence }: Package): boolean {
  const folder = evidence.path.slice(0, evidence.path.lastIndexOf('/'))
  return ['RECORD', 'installed-files.txt'].some((name) => tree.get(`${folder}/${name}`)?.type === 'file')
}

/** Below the folder of modules, or where its installation prefix has commands, headers and data. */
function isOwnPlace(place: string, path: string): boolean {
  if (path.startsWith(`${place}/`)) return true
  const prefix = /^(.*)\/lib(?:64)?\/(?:python|pypy)[\d.]*\/(?:site|dist)-packages$/.exec(place)?.[1]
  return (
    prefix !== undefined &&
    /^\/(?:bin|share|include|etc)\//.test(path.slice(prefix.length)) &&
    path.startsWith(`${prefix}/`)
  )
}

/** Wheels of a distribution that `ensurepip` would install: a copy of it, with all of its flaws. */
export function findBundledWheels(
  tree: FileTree,
  found: Package,
  isOwned: (path: string) => boolean,
): readonly string[] {
  const library = /^(.*)\/(?:site|dist)-packages$/.exec(importFolder(found))?.[1]
  if (library === undefined) return []
  return tree
    .children(`${library}/ensurepip/_bundled`)
    .filter(({ path, type }) => type === 'file' && path.endsWith('.whl') && !isOwned(path))
    .map(({ path }) => path)
    .filter(
      (path) =>
        normalizeName(path.slice(path.lastIndexOf('/') + 1).split('-', 1)[0]!) === normalizeName(found.name),
    )
}
