import { formatCount } from '@sallyport/core'
import type { Package } from '@sallyport/inventory'
import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { judgeLicense, type LicenseLists, type LicenseVerdict } from './license-expression.ts'
import { createPackageMatcher, packagePatternSchema, UnreadablePackage } from './package-pattern.ts'
import { allowsMore, asksLess } from './tightening.ts'

/** Under which licences packages may be, as their SPDX expressions say. */
export interface LicensesRule extends LicenseLists {
  /** What becomes of packages whose licence nobody can name. Default `deny`. */
  readonly unknown?: 'allow' | 'deny' | undefined
  /** Packages that somebody has looked at. */
  readonly exceptions?: readonly { readonly package: string; readonly reason: string }[] | undefined
}

const entries = z
  .array(
    z
      .string()
      .regex(/^[A-Za-z0-9.*+:-]{1,200}( WITH [A-Za-z0-9.*-]{1,100})?$/, 'expected an SPDX id, e.g. MIT'),
  )
  .min(1)
  .max(1_000)
  .optional()

/** `licenses`. */
export const licensesKind: RuleKind<LicensesRule> = {
  schema: z
    .strictObject({
      allow: entries,
      deny: entries,
      unknown: z.enum(['allow', 'deny']).optional(),
      exceptions: z
        .array(z.strictObject({ package: packagePatternSchema, reason: z.string().trim().min(1).max(2_000) }))
        .max(1_000)
        .optional(),
    })
    .refine(({ allow, deny }) => allow ?? deny, 'expected allow or deny'),
  loosened: (parent, child) => [
    ...allowsMore(['allow'], parent.allow, child.allow),
    // An entry with an exception outranks the denial of the bare licence.
    ...(child.allow ?? []).flatMap((entry, at) =>
      parent.deny && !parent.allow && entry.includes(' WITH ') ? [{ path: ['allow', at], was: 'none' }] : [],
    ),
    ...asksLess(['deny'], parent.deny, child.deny),
    ...(child.unknown === 'allow' && parent.unknown !== 'allow' ? [{ path: ['unknown'], was: 'deny' }] : []),
    ...(child.exceptions ?? []).flatMap((exception, at) =>
      parent.exceptions?.some((one) => one.package === exception.package)
        ? []
        : [{ path: ['exceptions', at], was: 'none' }],
    ),
  ],
  evaluate(rule, { facts: { inventory } }) {
    const { unknown = 'deny', exceptions = [] } = rule
    const judged = new Map<string | undefined, LicenseVerdict>()
    const judge = ({ license }: Package) => {
      const before = judged.get(license)
      if (before) return before
      const verdict = judgeLicense(license, rule)
      judged.set(license, verdict)
      return verdict
    }
    try {
      const suspects = inventory.packages.filter((pkg) => {
        const verdict = judge(pkg)
        return verdict === 'denied' || (verdict === 'unknown' && unknown === 'deny')
      })
      const matchers = exceptions.map((exception) => createPackageMatcher(exception.package))
      const offenders = suspects.filter((pkg) => !matchers.some((matches) => matches(pkg)))
      const excepted = suspects.length - offenders.length
      return offenders.length === 0
        ? holds(
            `licences of ${formatCount(inventory.packages.length, 'package')}, ${excepted} of them excepted`,
          )
        : broken(
            'license-not-allowed',
            `${formatCount(offenders.length, 'package')} under licences that are not allowed`,
            {
              limit: 0,
              actual: offenders.length,
              offenders: offenders.map(({ purl, license }) => `${purl}: ${shorten(license ?? 'no licence')}`),
            },
          )
    } catch (error) {
      if (error instanceof UnreadablePackage) return unanswered('package-unreadable', error.message)
      throw error
    }
  },
}

const shorten = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text)
