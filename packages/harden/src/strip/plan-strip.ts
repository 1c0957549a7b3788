import type { FileNode, Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { useOf } from '../config/check-context.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import type { DatabaseEdit } from '../systems/package-system.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { isGenerated } from '../usage/ignored-paths.ts'
import { restoreNeeded } from './restore-needed.ts'
import { createClassifier, type StripCategory, type StripOptions } from './strip-options.ts'

/** What {@link planStrip} looks at. */
export interface PlanStripInput {
  readonly image: Image
  /** Packages that stay. */
  readonly kept: readonly Package[]
  readonly analysis: UsageAnalysis
  readonly systems: Pick<OpenedSystems, 'fixed' | 'protected' | 'removeFiles'>
}

/** What was stripped. */
export interface StripReport {
  /** Files and bytes by kind. */
  readonly categories: Readonly<
    Partial<Record<StripCategory, { readonly files: number; readonly bytes: number }>>
  >
  /** Paths that no package owns, sorted. */
  readonly unowned: readonly string[]
  /** Why nothing was. */
  readonly nothingBecause?: string | undefined
}

/**
 * Takes files out of packages that stay: those of the chosen kinds that nothing reaches, never licences,
 * configuration files, or what a link, program or script that stays needs. Lists and checksums of the packages follow;
 * a file of a package whose lists can't be changed stays.
 *
 * @param edit - what leaves with packages; what leaves here is added
 */
export async function planStrip(
  { image, kept, analysis, systems }: PlanStripInput,
  edit: DatabaseEdit,
  options: StripOptions,
): Promise<StripReport> {
  if (analysis.unresolved !== undefined)
    return { categories: {}, unowned: [], nothingBecause: analysis.unresolved }
  const classify = createClassifier(options)
  const owners = Map.groupBy(
    kept.flatMap((found) => found.files.map((path) => [path, found] as const)),
    ([path]) => path,
  )
  const ownersOf = (path: string) => (owners.get(path) ?? []).map(([, found]) => found)
  const isStripped = createChoice({ analysis, kept, systems })
  const found = new Map<string, StripCategory>()
  const stays = new Set<string>()
  for (const node of image.tree.entries()) {
    const { path } = node
    if (edit.remove.has(path) || edit.replace.has(path)) continue
    const category = classify(path)
    if (category !== undefined && isStripped(node, category, ownersOf(path), image)) found.set(path, category)
  }

  const packages = new Set([...found.keys()].flatMap(ownersOf))
  const unable = await systems.removeFiles(
    { remove: new Set(edit.remove), replace: new Map(edit.replace) },
    new Map([...packages].map((one) => [one, []])),
  )
  for (const path of found.keys()) if (ownersOf(path).some((one) => unable.has(one))) stays.add(path)
  for (const path of stays) found.delete(path)
  const links = await restoreNeeded(
    image,
    analysis,
    edit.remove,
    found,
    (node) => isGenerated(node.path) && !owners.has(node.path),
  )
  for (const link of links) found.set(link, 'docs')

  const files = new Map<Package, string[]>()
  for (const path of found.keys()) {
    edit.remove.add(path)
    for (const owner of ownersOf(path)) {
      const list = files.get(owner)
      if (list) list.push(path)
      else files.set(owner, [path])
    }
  }
  await systems.removeFiles(edit, files)
  return {
    categories: countCategories(image, found),
    unowned: [...found.keys()].filter((path) => !owners.has(path)).sort(),
  }
}

/** Whether a file may leave its package. */
function createChoice({
  analysis,
  kept,
  systems,
}: Omit<PlanStripInput, 'image'>): (
  node: FileNode,
  category: StripCategory,
  owners: readonly Package[],
  image: Image,
) => boolean {
  const configuration = new Set(kept.flatMap(({ dpkg }) => dpkg?.conffiles ?? []))
  const used = new Set(
    kept.filter(({ files }) => files.some((path) => analysis.graph.usageOf(path) !== 'present')),
  )
  const isPackaged = ({ type }: Package) => type === 'deb' || type === 'apk' || type === 'rpm'
  return ({ path, type }, category, owners, { tree }) => {
    if (type !== 'file' && type !== 'symlink') return false
    // A link to a folder may be how something else is found, e.g. a copyright.
    if (type === 'symlink' && tree.resolve(path)?.type !== 'file') return false
    if (path.startsWith('/etc/') || configuration.has(path)) return false
    if (useOf({ analysis }, path) !== undefined) return false
    if (category !== 'unusedFiles') return category !== 'logs' || type === 'file'
    // A package of which nothing is used is for `relaxed` or `drop` to take out whole.
    return (
      owners.length > 0 &&
      /^\/(?:usr\/)?(?:bin|sbin|lib|lib32|lib64|libexec|share|games)\//.test(path) &&
      !/\/(?:dpkg|apk|rpm)\//.test(path) &&
      owners.every(
        (owner) =>
          isPackaged(owner) && used.has(owner) && !systems.fixed.has(owner) && !systems.protected.has(owner),
      )
    )
  }
}

function countCategories(
  { tree }: Image,
  found: ReadonlyMap<string, StripCategory>,
): StripReport['categories'] {
  const counts: Partial<Record<StripCategory, { files: number; bytes: number }>> = {}
  for (const [path, category] of found) {
    const count = (counts[category] ??= { files: 0, bytes: 0 })
    count.files += 1
    count.bytes += tree.get(path)?.size ?? 0
  }
  return counts
}
