import type { Package } from '@sallyport/inventory'
import type { UsageGraph } from './usage-graph.ts'
import { compareUsage, type PackageUsage } from './usage.ts'

/** Packages whose database tells which files are theirs. */
export const isSystemPackage = (type: Package['type']): boolean =>
  type === 'deb' || type === 'apk' || type === 'rpm'

/** What is said of a package when nothing can be told of the image: all of it may be used. */
export function describeUnresolved(graph: UsageGraph, found: Package): PackageUsage {
  const seen = describePackage(graph, found)
  return compareUsage(seen.usage, 'linked') < 0 ? seen : { purl: found.purl, usage: 'possible', chain: [] }
}

/** The strongest use of a file of a package, with the shortest way to such a file. */
export function describePackage(graph: UsageGraph, { purl, files, evidence, type }: Package): PackageUsage {
  // A module of a program has no file of its own: it is used as the program is.
  const own = files.length > 0 || isSystemPackage(type) ? files : [evidence.path]
  let best: PackageUsage = { purl, usage: 'present', chain: [] }
  for (const file of own) {
    const usage = graph.usageOf(file)
    if (compareUsage(usage, best.usage) >= 0) continue
    best = { purl, usage, file, chain: [] }
  }
  return best.file === undefined ? best : withShortestChain(graph, best, own)
}

const maxCompared = 200

function withShortestChain(graph: UsageGraph, best: PackageUsage, files: readonly string[]): PackageUsage {
  let shortest: PackageUsage | undefined
  for (const file of files.filter((path) => graph.usageOf(path) === best.usage).slice(0, maxCompared)) {
    const chain = graph.chainTo(file)
    if (!shortest || chain.length < shortest.chain.length) shortest = { ...best, file, chain }
  }
  return shortest ?? best
}
