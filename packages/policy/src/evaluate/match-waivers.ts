import type { Finding } from '@sallyport/scan'
import { PackageURL } from 'packageurl-js'
import type { WaiverState } from '../decision.ts'
import type { Waiver } from '../document/policy.ts'

/** What the waivers say of one finding. */
export interface WaiverMatch {
  readonly waivedBy?: string | undefined
  readonly nearMiss?: { readonly waiver: string; readonly why: string } | undefined
}

/** The waivers of a policy as they stand in one tier at one time. */
export interface WaiverBook {
  match(finding: Finding): WaiverMatch
  /** State of every waiver of the tier, after all findings were matched. */
  states(): readonly WaiverState[]
}

/** Opens the waivers of a policy. An expired waiver is never applied, but what it would have covered is remembered. */
export function openWaivers(waivers: readonly Waiver[], tier: string, now: Date): WaiverBook {
  const entries = waivers.map((waiver) => ({
    waiver,
    purl: PackageURL.fromString(waiver.package),
    expired: new Date(waiver.expires).getTime() <= now.getTime(),
    inTier: waiver.tiers === undefined || waiver.tiers.includes(tier),
    used: 0,
  }))

  return {
    match(finding) {
      const ids = new Set([finding.id, ...finding.aliases].map((id) => id.toUpperCase()))
      let nearMiss: WaiverMatch['nearMiss']
      for (const entry of entries) {
        const { waiver, purl, expired, inTier } = entry
        if (!ids.has(waiver.vulnerability.toUpperCase())) continue
        const otherPackage = comparePackage(purl, finding)
        const why =
          otherPackage ??
          (inTier ? undefined : `it does not apply to tier ${tier}`) ??
          (expired ? `it expired on ${waiver.expires}` : undefined)
        if (why === undefined) {
          entry.used++
          return { waivedBy: waiver.id }
        }
        nearMiss ??= { waiver: waiver.id, why }
      }
      return { nearMiss }
    },
    states: () =>
      entries
        .filter(({ inTier }) => inTier)
        .map(({ waiver, expired, used }) => ({
          id: waiver.id,
          state: expired ? 'expired' : used > 0 ? 'applied' : 'unused',
          expires: waiver.expires,
          owner: waiver.owner,
          findings: used,
        })),
  }
}

/** Why the waiver's purl is not the finding's package; `undefined` when it is. */
function comparePackage(waived: PackageURL, finding: Finding): string | undefined {
  let found: PackageURL
  try {
    found = PackageURL.fromString(finding.package.purl)
  } catch {
    return 'the finding has no readable purl'
  }
  if (waived.type !== found.type || waived.namespace !== found.namespace || waived.name !== found.name) {
    return `it is for ${waived.name}`
  }
  if (waived.version && waived.version !== found.version) return `it is for version ${waived.version}`
  for (const [key, value] of Object.entries(waived.qualifiers ?? {})) {
    if (found.qualifiers?.[key] !== value) return `it is for ${key}=${value}`
  }
  return undefined
}
