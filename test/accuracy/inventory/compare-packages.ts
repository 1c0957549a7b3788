import { identifyPackage } from './identify-package.ts'
import { type FoundPackage, type Tool, tools } from './list-packages.ts'

/** What some tools find and others do not. */
export interface Difference {
  readonly sample: string
  /** purl type. */
  readonly ecosystem: string
  /** `type/name@version`, and ` in /path` where the package is known to all of them that tell a place, and this place is not. */
  readonly id: string
  /** Those that lack it, in the order of {@link tools}. */
  readonly lacks: readonly Tool[]
}

/** What was compared. */
export interface Comparison {
  readonly sample: string
  /** Packages that at least one tool finds, each version once. */
  readonly packages: number
  /** Those that all find. */
  readonly common: number
  readonly differences: readonly Difference[]
}

/** Compares package by package, and of language packages that several tools find, place by place. */
export function comparePackages(
  sample: string,
  found: Readonly<Record<Tool, readonly FoundPackage[]>>,
): Comparison {
  const all = new Map<string, { readonly type: string; readonly places: Map<Tool, Set<string>> }>()
  for (const tool of tools) {
    for (const { purl, path } of found[tool]) {
      const { id, type } = identifyPackage(purl)
      const entry = all.get(id) ?? { type, places: new Map<Tool, Set<string>>() }
      all.set(id, entry)
      const places = entry.places.get(tool) ?? new Set<string>()
      entry.places.set(tool, places)
      if (path !== undefined && !isSystem(type)) places.add(outermost(path))
    }
  }
  const differences: Difference[] = []
  let common = 0
  for (const [id, { type: ecosystem, places }] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const add = (what: string, lacks: readonly Tool[]) => {
      if (lacks.length > 0) differences.push({ sample, ecosystem, id: what, lacks })
    }
    if (places.size === tools.length) common++
    add(
      id,
      tools.filter((tool) => !places.has(tool)),
    )
    const telling = tools.filter((tool) => (places.get(tool)?.size ?? 0) > 0)
    for (const path of new Set(telling.flatMap((tool) => [...places.get(tool)!]))) {
      add(
        `${id} in ${path}`,
        telling.filter((tool) => !places.get(tool)!.has(path)),
      )
    }
  }
  return { sample, packages: all.size, common, differences }
}

const isSystem = (type: string) => type === 'deb' || type === 'apk' || type === 'rpm'

/** The file of the image, for a package in an archive in it. */
function outermost(path: string): string {
  return /^.*?\.(?:jar|war|ear|par|hpi)(?=\/|:|$)/.exec(path)?.[0] ?? path
}
