import type { Finding, Severity } from '@sallyport/scan'
import { compareSeverities } from '@sallyport/scan/compare'
import type { WaiverTerms } from '../document/tier.ts'
import type { Waiver } from './waiver.ts'

const dayMs = 86_400_000

/** Why a tier's terms don't let a waiver apply; `undefined` when they do. */
export function whyTooWide(waiver: Waiver, terms: WaiverTerms, now: Date): string | undefined {
  if (!terms.allowed) return 'the tier allows no waivers'
  const { approver, granted } = waiver
  if (terms.approverRequired && approver === undefined) return 'the tier requires an approver'
  if (terms.maxLifetimeMs === undefined) return undefined
  // One that says it is granted later applies now all the same.
  const start = Math.min(granted === undefined ? Infinity : Date.parse(granted.at), now.getTime())
  const lifetime = Date.parse(waiver.expires) - start
  return lifetime <= terms.maxLifetimeMs
    ? undefined
    : `it lasts ${inDays(lifetime)}, and the tier allows ${inDays(terms.maxLifetimeMs)}`
}

function inDays(milliseconds: number): string {
  return `${Number((milliseconds / dayMs).toFixed(2))} days`
}

/** What got worse of a finding since its waiver was granted; `undefined` when nothing did. */
export function whyVoid({ granted, until }: Waiver, { severity, kev, fix }: Finding): string | undefined {
  if (granted && isWorse(severity, granted.severity)) {
    return `it was granted for ${granted.severity}, and the finding is ${severity}`
  }
  if (kev && granted?.kev !== true) {
    return `the vulnerability is known to be exploited (listed ${kev.dateAdded}), which the waiver did not know`
  }
  if (until !== 'fixed') return undefined
  // A version that is named without a state may be the fix.
  const isFixed = fix.state === 'fixed' || (fix.state === 'unknown' && fix.versions.length > 0)
  return isFixed
    ? `it was granted until there is a fix: ${fix.versions.join(', ') || 'there is one'}`
    : undefined
}

/** What nobody rated may be the worst. */
function isWorse(found: Severity, granted: Severity): boolean {
  if (found === 'unknown') return granted !== 'unknown' && granted !== 'critical'
  return compareSeverities(found, granted) > 0
}
