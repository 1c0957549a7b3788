import type { PolicyIssue } from '../errors.ts'
import { issueIn, type OpenDocument } from './open-yaml.ts'
import type { PolicyOutline } from './policy.schema.ts'

const maxAncestors = 16

/** Names of tiers in an order in which each comes after the one that it extends; those that can't are issues. */
export function orderTiers(
  tiers: PolicyOutline['tiers'],
  document: OpenDocument,
): { readonly names: readonly string[]; readonly issues: readonly PolicyIssue[] } {
  const issues: PolicyIssue[] = []
  const depths = new Map<string, number>()
  const names: string[] = []

  for (const name of Object.keys(tiers)) {
    const chain = [name]
    let fault: string | undefined
    for (;;) {
      const tier = chain.at(-1)!
      const parent = tiers[tier]!.extends
      if (parent === undefined) break
      if (!Object.hasOwn(tiers, parent)) {
        // told once, where it is written
        if (tier === name) fault = `no tier is named "${parent}"`
        break
      }
      if (chain.includes(parent)) {
        if (parent === name) fault = `it extends itself: ${[...chain, parent].join(' → ')}`
        break
      }
      chain.push(parent)
    }
    if (chain.length - 1 > maxAncestors) fault = `more than ${maxAncestors} tiers above it`
    if (fault) issues.push(issueIn(document, ['tiers', name, 'extends'], fault))
    depths.set(name, chain.length)
    names.push(name)
  }
  return { names: names.toSorted((one, other) => depths.get(one)! - depths.get(other)!), issues }
}
