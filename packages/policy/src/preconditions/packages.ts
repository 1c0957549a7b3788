import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { judgeGaps } from './judge-gaps.ts'

/** How many packages an inventory must name at least. */
export interface PackagesRule {
  readonly atLeast: number
}

const explains: readonly string[] = ['DATABASE_MISSING', 'DATABASE_EMPTY']

/**
 * The inventory names enough packages for "no finding" to mean something. Of an image in which no package is expected, the
 * tier accepts `NO_PACKAGES`, or each gap where one of them is a database that is missing or empty. A file that can't be
 * read explains nothing: it may be the database.
 */
export const packagesKind: RuleKind<PackagesRule> = {
  schema: z.strictObject({ atLeast: z.int().min(1).max(1_000_000).default(1) }),
  loosened: (parent, child) =>
    child.atLeast < parent.atLeast ? [{ path: ['atLeast'], was: String(parent.atLeast) }] : [],
  evaluate({ atLeast }, context) {
    const { packages, gaps } = context.facts.inventory
    const actual = packages.length
    const count = { limit: atLeast, actual }
    const named = `the inventory names ${actual === 0 ? 'no package' : `${actual} packages`}`
    const isExplained =
      actual === 0 &&
      gaps.some(({ code }) => explains.includes(code)) &&
      gaps.every(({ code }) => context.acceptedGap?.(code) !== undefined)
    if (actual >= atLeast || isExplained) return { ...judgeGaps([], context, named), ...count }
    const gap =
      actual === 0
        ? { code: 'NO_PACKAGES', message: named }
        : { code: 'PACKAGES_BELOW_FLOOR', message: `${named}, of at least ${atLeast}` }
    return { ...judgeGaps([gap], context, named), ...count }
  },
}
