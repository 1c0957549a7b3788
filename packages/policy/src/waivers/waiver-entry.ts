import type { WaiverState } from '../decision.ts'
import type { EffectiveTier } from '../document/tier.ts'
import { PolicyError } from '../errors.ts'
import { parseInstant } from '../parse-instant.ts'
import { compareText } from '../compare-text.ts'
import { whyTooWide } from './judge-waiver.ts'
import type { Waiver, WaiverFile, WaiverStatus } from './waiver.ts'

/** Where and when waivers stand. */
export interface WaiverSetting {
  readonly tier: Pick<EffectiveTier, 'name' | 'waivers'>
  /** All tiers of the policy, so that a misspelt one is told. Default: not checked. */
  readonly tiers?: Iterable<string> | undefined
  readonly now: Date
}

/** A waiver as it stands in a tier, and what became of it. */
export interface WaiverEntry {
  readonly waiver: Waiver
  /** Milliseconds since 1970, exclusive. */
  readonly endsAt: number
  readonly expired: boolean
  readonly tooWide?: string | undefined
  readonly otherTier: boolean
  readonly unknownTiers: readonly string[]
  /** Findings that name its vulnerability, */
  named: number
  /** those of them that its scope covers, */
  covered: number
  /** and those that it takes out of the count. */
  applied: number
  /** Why it is void for a finding, and which waiver was there before; of several the first by text. */
  voided?: string | undefined
  shadowedBy?: string | undefined
}

/**
 * The waivers of all files, by id.
 *
 * @throws {PolicyError} `POLICY_INVALID` when two of them have the same id.
 */
export function makeEntries(
  files: readonly WaiverFile[],
  { tier, tiers, now }: WaiverSetting,
): readonly WaiverEntry[] {
  const known = tiers && new Set(tiers)
  const sources = new Map<string, string>()
  const entries: WaiverEntry[] = []
  for (const { source, waivers } of files) {
    for (const waiver of waivers) {
      const other = sources.get(waiver.id)
      if (other !== undefined) {
        throw new PolicyError('POLICY_INVALID', `waiver "${waiver.id}" is in ${other} and in ${source}`)
      }
      sources.set(waiver.id, source)
      const endsAt = parseInstant(waiver.expires) ?? Number.NaN
      entries.push({
        waiver,
        endsAt,
        // An expiry that can't be read has passed.
        expired: !(now.getTime() < endsAt),
        tooWide: whyTooWide(waiver, tier.waivers, now),
        otherTier: waiver.tiers !== undefined && !waiver.tiers.includes(tier.name),
        unknownTiers: known ? (waiver.tiers ?? []).filter((name) => !known.has(name)) : [],
        named: 0,
        covered: 0,
        applied: 0,
      })
    }
  }
  return entries.sort((a, b) => compareText(a.waiver.id, b.waiver.id))
}

/** What keeps a waiver from applying at all. */
export function whyNotInForce({ waiver, expired, tooWide, otherTier }: WaiverEntry, tier: string): string[] {
  return [
    ...(otherTier ? [`it does not apply to tier ${tier}`] : []),
    ...(expired ? [`it expired at ${waiver.expires}`] : []),
    ...(tooWide === undefined ? [] : [tooWide]),
  ]
}

/** State of each waiver of the tier; of another tier's only where none has that name. */
export function describeEntries(
  entries: readonly WaiverEntry[],
  { tier, now }: WaiverSetting,
): readonly WaiverState[] {
  return entries
    .filter(({ otherTier, unknownTiers }) => !otherTier || unknownTiers.length > 0)
    .map((entry) => {
      const { waiver, endsAt, expired, applied, unknownTiers } = entry
      const { state, why } = stateOf(entry)
      const nearExpiry = !expired && endsAt - now.getTime() <= tier.waivers.nearExpiryMs
      const all = [...unknownTiers.map((name) => `no tier is named "${name}"`), ...why].join('; ')
      return {
        id: waiver.id,
        state,
        expires: waiver.expires,
        ...(nearExpiry && { nearExpiry }),
        ...(all !== '' && { why: all }),
        owner: waiver.owner,
        findings: applied,
      }
    })
}

function stateOf(entry: WaiverEntry): { readonly state: WaiverStatus; readonly why: readonly string[] } {
  const { waiver, expired, tooWide, otherTier, named, covered, applied, voided, shadowedBy } = entry
  const missed = covered === 0 ? '' : `; it covers ${count(covered)}`
  if (expired) return { state: 'expired', why: [`it expired at ${waiver.expires}${missed}`] }
  if (tooWide !== undefined) return { state: 'too-wide', why: [`${tooWide}${missed}`] }
  if (otherTier) return { state: 'unused', why: [] }
  if (applied > 0) return { state: 'applied', why: voided === undefined ? [] : [`not for each: ${voided}`] }
  if (voided !== undefined) return { state: 'void', why: [voided] }
  if (shadowedBy !== undefined) return { state: 'shadowed', why: [`all that it covers, ${shadowedBy} does`] }
  const found =
    named === 0
      ? `no finding is ${waiver.vulnerability}`
      : `${count(named)} of ${waiver.vulnerability}, but elsewhere than it says`
  return { state: 'unused', why: [found] }
}

function count(findings: number): string {
  return `${findings} ${findings === 1 ? 'finding' : 'findings'}`
}
