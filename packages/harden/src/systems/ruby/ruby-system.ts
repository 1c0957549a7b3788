import type { FileTree, Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { OpenedSystem, OpenSystemOptions, PackageSystem } from '../package-system.ts'
import { findReferences, lockedNames } from './find-references.ts'

/**
 * Installed gems that no package of the system owns. Groups of a Gemfile are code, and its lock file does not tell them:
 * which gems only development needs can't be known. So a gem leaves only when it is declared as not needed, and nothing
 * that is there requires it or has it in a lock file, of which Bundler demands every one.
 */
export const rubySystem: PackageSystem = {
  type: 'gem',
  holds: ({ type, ownedBy, evidence }) =>
    type === 'gem' && ownedBy === undefined && evidence.method === 'ruby-gemspec',
  open: openRuby,
}

async function openRuby(
  image: Image,
  all: readonly Package[],
  { drop = [], signal }: OpenSystemOptions,
): Promise<OpenedSystem> {
  const packages = all.filter((found) => rubySystem.holds(found))
  const dropped = new Set(drop)
  const fixed = new Map<Package, string>()
  const reasons = new Map<Package, string>()
  for (const found of packages) {
    if (found.evidence.path.includes('/specifications/default/'))
      fixed.set(found, 'a part of the standard library')
    else if (dropped.has(found.name)) reasons.set(found, 'declared as not needed')
    else fixed.set(found, 'an application may require it by its name')
  }
  for (const [name, path] of await readLocks(image, signal)) {
    for (const found of packages)
      if (found.name === name && reasons.delete(found)) fixed.set(found, `${path} has it`)
  }
  const byPurl = Map.groupBy(packages, ({ purl }) => purl)
  const needed = new Set([...fixed.keys()].flatMap(({ dependsOn = [] }) => dependsOn))
  for (const purl of needed) {
    for (const found of byPurl.get(purl) ?? []) {
      if (!reasons.delete(found)) continue
      fixed.set(found, 'a gem that stays needs it')
      for (const further of found.dependsOn ?? []) needed.add(further)
    }
  }
  const byFeature = indexFeatures([...reasons.keys()])
  const records = new Map<Package, readonly string[]>()
  for (const found of reasons.keys()) records.set(found, await findRecords(image, found, packages, signal))
  return {
    fixed,
    leaving: {
      reasons,
      referredTo: (text, path) => (byFeature.size === 0 ? [] : findReferences(byFeature, text, path)),
      isBystander: () => false,
    },
    requirementsOf: ({ dependsOn = [] }) =>
      dependsOn.flatMap((purl) => {
        const satisfiedBy = byPurl.get(purl) ?? []
        return satisfiedBy.length > 0 ? [{ text: purl, satisfiedBy }] : []
      }),
    listedPaths: async ({ files }) => files,
    recordPaths: (found) => records.get(found) ?? [],
    // All of its records are files of its own.
    removePackages: async () => {},
  }
}

const maxLockBytes = 16 * 1024 * 1024

/** Names of gems by the lock files of applications that have them. */
async function readLocks(
  image: Pick<Image, 'tree' | 'readFile'>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !/\/(?:Gemfile|gems)\.lock(?:ed)?$/.test(node.path)) continue
    if (/\/gems\/[^/]+-\d[^/]*\//.test(node.path)) continue
    const text = Buffer.from(await image.readFile(node, { maxBytes: maxLockBytes, signal })).toString()
    for (const name of lockedNames(text)) found.set(name, node.path)
  }
  return found
}

/** Gems by their names, and by what is right in their `lib`. */
function indexFeatures(packages: readonly Package[]): ReadonlyMap<string, readonly Package[]> {
  const byFeature = new Map<string, Package[]>()
  for (const found of packages) {
    const features = new Set([found.name])
    for (const path of found.files) {
      const feature = /\/gems\/[^/]+\/lib\/([^/]+?)(?:\.rb|\.so)?(?:\/|$)/.exec(path)?.[1]
      if (feature) features.add(feature)
    }
    for (const feature of features) byFeature.set(feature, [...(byFeature.get(feature) ?? []), found])
  }
  return byFeature
}

const maxStubBytes = 16 * 1024

/** Documentation, notes of its build, plug-ins, and the stubs of its commands. */
async function findRecords(
  image: Pick<Image, 'tree' | 'readFile'>,
  found: Package,
  packages: readonly Package[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { tree } = image
  const path = found.evidence.path
  const home = path.slice(0, path.lastIndexOf('/specifications/'))
  const fullName = path.slice(path.lastIndexOf('/') + 1, -'.gemspec'.length)
  const records = [`${home}/doc/${fullName}`, `${home}/build_info/${fullName}.info`].flatMap((at) =>
    filesBelow(tree, at),
  )
  // Another version of the gem still needs what is there once for all of them.
  const isOnly = packages.every((one) => one === found || one.name !== found.name)
  if (!isOnly) return records
  records.push(...filesBelow(tree, `${home}/plugins/${found.name}_plugin.rb`))
  for (const folder of new Set([`${home}/bin`, '/usr/local/bin', '/usr/bin'])) {
    for (const node of tree.children(tree.canonicalize(folder))) {
      if (node.type !== 'file' || node.size > maxStubBytes || found.files.includes(node.path)) continue
      const text = Buffer.from(await image.readFile(node, { maxBytes: maxStubBytes, signal })).toString()
      if (!text.startsWith('#!') || !text.includes('This file was generated by RubyGems')) continue
      if (text.includes(`activate_bin_path('${found.name}',`) || text.includes(`gem '${found.name}'`))
        records.push(node.path)
    }
  }
  return records
}

function filesBelow(tree: FileTree, path: string): string[] {
  const found: string[] = []
  const start = tree.get(path)
  const pending = start ? [start] : []
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (next.type === 'directory') pending.push(...tree.children(next.path))
    else found.push(next.path)
  }
  return found
}
