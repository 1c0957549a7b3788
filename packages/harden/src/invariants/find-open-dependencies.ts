import type { Package } from '@sallyport/inventory'
import type { Comparison } from './comparison.ts'
import type { Violation } from './invariant.ts'

/**
 * I5: what packages declare that they need and was there still is, or is listed as consciously opened. What a new
 * version of a package needs is there too.
 */
export function findOpenDependencies({
  before,
  after,
  upgraded,
  openDependencies,
}: Comparison): readonly Violation[] {
  const violations: Violation[] = []
  const listed = new Set(openDependencies.map(({ purl, dependsOn }) => `${purl} ${dependsOn}`))
  const was = new Map(before.packages.map((found) => [identify(found), found]))
  for (const [old, now] of upgraded) was.set(identify(now), old)
  for (const found of after.packages) {
    const old = was.get(identify(found))
    if (!old) continue
    const satisfiedBefore = new Map(
      before.systems.requirementsOf(old).map(({ text, satisfiedBy }) => [text, satisfiedBy]),
    )
    for (const { text, satisfiedBy } of after.systems.requirementsOf(found)) {
      const candidates = satisfiedBefore.get(text)
      const [first] = candidates ?? []
      // Nothing satisfied it before either.
      if (satisfiedBy.length > 0 || (candidates && !first)) continue
      if (listed.has(`${found.purl} ${text}`)) continue
      violations.push({
        message: `${found.name} depends on ${first?.name ?? text}`,
        package: found.purl,
        path: first?.files[0],
      })
    }
  }
  return violations
}

const identify = ({ purl, evidence }: Package) => `${purl} ${evidence.path}`
