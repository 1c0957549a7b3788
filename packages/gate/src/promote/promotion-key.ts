import { canonicalJson, type Digest, digestOf } from '@sallyport/core'
import type { PromotionKey } from '../ports/journal.ts'
import { evidenceModeOf } from './gate-signer.ts'
import type { GateOptions } from './options.ts'
import type { PromotionRequest } from './request.ts'

/** The key of a promotion: a digest over all that goes into it. */
export function promotionKey(
  options: GateOptions,
  request: PromotionRequest,
  sourceDigest: Digest,
  destination: string,
): PromotionKey {
  return digestOf(
    canonicalJson({
      sourceDigest,
      destination,
      tier: request.tier,
      policy: options.policy.digest,
      waivers: options.waivers?.map(({ digest }) => digest).sort(),
      harden: describeChoice(options.harden),
      vex: options.vex,
      ignore: options.ignore?.map(({ rules, owner }) => ({
        owner,
        rules: rules.map(({ source, name, id, terms, reason, expires }) => ({
          source,
          name,
          id,
          terms,
          reason,
          expires,
        })),
      })),
      platforms: request.platforms ?? null,
      breakGlass: request.breakGlass,
      rollback: request.rollback,
      // Those without settings keep the key that they had before there were any.
      scanners: options.scanners.map(({ name, settings }) => (settings ? { name, settings } : name)),
      signers: [options.signer.evidence, options.signer.release].map((signer) =>
        'certify' in signer ? signer.identity : signer.keyId,
      ),
      evidenceMode: evidenceModeOf(options),
      // Promotions without it keep the key that they had before there was such a choice.
      fileManifest: options.fileManifest || undefined,
      unsafeAllowLazyLayers: options.unsafeAllowLazyLayers || undefined,
      verifierId: options.verifierId ?? null,
      sourceTrust: describeTrust(options.sourceTrust),
      bases: options.bases,
    }),
  )
}

/** Whom evidence of the source is believed from; a root is known by its digest. */
const describeTrust = (trust: GateOptions['sourceTrust']): unknown =>
  trust && { ...trust, root: trust.root?.digest }

/** What is chosen, without what can't be told apart by its text, or changes from run to run: mirrors, indexes seen before. */
function describeChoice(harden: GateOptions['harden'] = false): unknown {
  if (typeof harden === 'boolean') return harden
  const { patch, smoke, evidence, ...choice } = harden
  return {
    ...choice,
    evidence: evidence?.map((one) => digestOf(canonicalJson(one))),
    smoke: smoke && 'name' in smoke ? smoke.name : smoke,
    patch: patch && {
      all: patch.all,
      only: patch.only,
      sources: patch.sources.map((source) => ({
        ...source,
        mirror: undefined,
        ...(source.type === 'deb' && { keyring: digestOf(source.keyring) }),
      })),
    },
  }
}
