import type { Inventory, Package } from '@sallyport/inventory'
import type { Violation } from './invariant.ts'

/** I9: the packages are exactly those expected, of the same distribution, with no new gap. */
export function compareInventories(
  before: Inventory,
  after: Inventory,
  expected: readonly Pick<Package, 'purl' | 'evidence'>[],
): readonly Violation[] {
  const violations: Violation[] = []
  const [wanted, actual] = [countPackages(expected), countPackages(after.packages)]
  const report = (name: string, what: string) => {
    const [found, at] = name.split(' ')
    violations.push({ message: `${name} ${what}`, package: found, at })
  }
  for (const [name, count] of wanted)
    if ((actual.get(name) ?? 0) < count) report(name, "can't be seen any more")
  for (const [name, count] of actual) if ((wanted.get(name) ?? 0) < count) report(name, 'is still seen')
  if (before.distro?.id !== after.distro?.id || before.distro?.versionId !== after.distro?.versionId) {
    violations.push({ message: 'the distribution is another' })
  }
  const known = new Set(before.gaps.map(({ code, message }) => `${code}: ${message}`))
  for (const { code, message, path } of after.gaps)
    if (!known.has(`${code}: ${message}`)) violations.push({ message: `${code}: ${message}`, at: path })
  return violations
}

function countPackages(packages: readonly Pick<Package, 'purl' | 'evidence'>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { purl, evidence } of packages) {
    const name = `${purl} ${evidence.path}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
