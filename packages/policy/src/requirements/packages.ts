import { formatCount } from '@sallyport/core'
import type { Package } from '@sallyport/inventory'
import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import {
  createPackageMatcher,
  findUnreadable,
  packagePatternSchema,
  UnreadablePackage,
} from './package-pattern.ts'
import { asksLess, lowered } from './tightening.ts'

/** What the image must hold, and what it must not. */
export interface PackagesRule {
  /** How many packages at least; fewer means that the inventory has missed something. */
  readonly min?: number | undefined
  readonly forbidden?: readonly string[] | undefined
  readonly required?: readonly string[] | undefined
}

const patterns = z.array(packagePatternSchema).min(1).max(1_000).optional()

/** `packages`. */
export const packagesKind: RuleKind<PackagesRule> = {
  schema: z
    .strictObject({ min: z.int().min(1).max(1_000_000).optional(), forbidden: patterns, required: patterns })
    .refine(
      ({ min, forbidden, required }) => min ?? forbidden ?? required,
      'expected min, forbidden or required',
    ),
  loosened: (parent, child) => [
    ...lowered(['min'], parent.min, child.min),
    ...asksLess(['forbidden'], parent.forbidden, child.forbidden),
    ...asksLess(['required'], parent.required, child.required),
  ],
  evaluate({ min = 0, forbidden = [], required = [] }, { facts: { inventory } }) {
    const { packages } = inventory
    const unreadable = findUnreadable(inventory)
    if (unreadable && forbidden.length > 0)
      return unanswered('package-unreadable', `${unreadable.purl} is no purl of type ${unreadable.type}`)
    try {
      const found = forbidden.flatMap((pattern) => packages.filter(createPackageMatcher(pattern)))
      const missing = required.filter((pattern) => !packages.some(createPackageMatcher(pattern)))
      if (found.length > 0)
        return broken('package-forbidden', 'it holds what is forbidden', { offenders: found.map(where) })
      if (missing.length > 0)
        return broken('package-missing', 'it lacks what is required', { offenders: missing })
    } catch (error) {
      if (error instanceof UnreadablePackage) return unanswered('package-unreadable', error.message)
      throw error
    }
    return packages.length < min
      ? broken('packages-too-few', `${formatCount(packages.length, 'package')}, at least ${min} expected`, {
          limit: min,
          actual: packages.length,
        })
      : holds(formatCount(packages.length, 'package'), { limit: min, actual: packages.length })
  },
}

const where = ({ purl, evidence }: Package) => `${purl} (${evidence.path})`
