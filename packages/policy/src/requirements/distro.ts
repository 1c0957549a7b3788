import type { Distro } from '@sallyport/inventory'
import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { allowsMore, asksLess } from './tightening.ts'

/**
 * Distributions, as `ID` or `ID:VERSION_ID` of os-release; `alpine:3.20` means `3.20.3` too. `none` is an image without a
 * distribution.
 */
export interface DistroRule {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

const entries = z
  .array(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}(:[A-Za-z0-9._-]{1,64})?$/, 'expected e.g. debian or debian:12'),
  )
  .min(1)
  .max(1_000)
  .optional()

/** `distro`. */
export const distroKind: RuleKind<DistroRule> = {
  schema: z
    .strictObject({ allow: entries, deny: entries })
    .refine(({ allow, deny }) => allow ?? deny, 'expected allow or deny'),
  loosened: (parent, child) => [
    ...widened(parent.allow, child.allow),
    ...asksLess(['deny'], parent.deny, child.deny),
  ],
  evaluate({ allow, deny }, { facts: { inventory } }) {
    const { distro, gaps } = inventory
    if (!distro && gaps.some(({ code }) => code === 'DISTRO_UNKNOWN'))
      return unanswered('distro-unknown', 'it has a distribution that nobody knows')
    const name = distro ? [distro.id, ...(distro.versionId ? [distro.versionId] : [])].join(':') : 'none'
    if (deny?.some((entry) => mayBe(entry, distro)))
      return broken('distro-denied', `${name} is denied`, { offenders: [name] })
    if (allow && !allow.some((entry) => is(entry, distro)))
      return broken('distro-not-allowed', `${name} is not among those that may be used`, {
        offenders: [name],
      })
    return holds(name)
  },
}

function is(entry: string, distro: Distro | undefined): boolean {
  const [id = '', version] = entry.split(':')
  if (!distro) return entry === 'none'
  if (distro.id !== id) return false
  return (
    version === undefined ||
    distro.versionId === version ||
    distro.versionId?.startsWith(`${version}.`) === true
  )
}

/** Whether a denied entry may be meant: a release that does not say its version may be any. */
function mayBe(entry: string, distro: Distro | undefined): boolean {
  return is(entry, distro) || (distro?.versionId === undefined && distro?.id === entry.split(':')[0])
}

/** A version of a distribution that was allowed whole is no more than before. */
function widened(parent: DistroRule['allow'], child: DistroRule['allow']) {
  return allowsMore(
    ['allow'],
    parent,
    child?.map((entry) => (parent?.includes(entry.split(':')[0]!) ? entry.split(':')[0]! : entry)),
  )
}
