import { type Digest, digestOf } from '@sallyport/core'
import type { PromotionKey } from '../ports/journal.ts'
import { canonicalJson } from './canonical-json.ts'
import type { PromoteOptions } from './options.ts'

/** The key of a promotion: a digest over all that goes into it. */
export function promotionKey(
  options: PromoteOptions,
  sourceDigest: Digest,
  destination: string,
): PromotionKey {
  return digestOf(
    canonicalJson({
      sourceDigest,
      destination,
      tier: options.tier,
      policy: options.policy.digest,
      harden: options.harden ?? false,
      vex: options.vex,
      ignore: options.ignore?.map(({ rules, owner }) => ({
        owner,
        rules: rules.map(({ source, name, reason, expires }) => ({ source, name, reason, expires })),
      })),
      platforms: options.platforms ?? null,
      scanners: options.scanners.map(({ name }) => name),
      signers: [options.signer.evidence.keyId, options.signer.release.keyId],
      evidenceMode: options.evidenceMode ?? 'both',
      verifierId: options.verifierId ?? null,
    }),
  )
}
