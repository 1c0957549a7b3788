import { definePolicy } from '../document/parse-policy.ts'
import type { PolicyDocument } from '../document/policy-document.ts'
import type { CompiledRule, EffectiveTier } from '../document/tier.ts'

/** A rule as a document writes it. */
export type WrittenRule = Readonly<Record<string, unknown>>

/** What a test sets of a tier: as a document writes it, and over what comes of that. */
export interface WrittenTier extends Partial<Omit<EffectiveTier, 'rules'>> {
  /** By name, each over its defaults. */
  readonly preconditions?: Readonly<Record<string, WrittenRule>> | undefined
  /** Rules that no document can write, after the others. */
  readonly rules?: readonly CompiledRule[] | undefined
}

/** The only tier of a policy with these thresholds. */
export function createTier(
  thresholds: readonly WrittenRule[],
  { preconditions = {}, rules = [], mode = 'enforce', ...terms }: WrittenTier = {},
): EffectiveTier {
  const document = { version: 1, tiers: { prod: { mode, preconditions, thresholds } } }
  const { tiers } = definePolicy(document as unknown as PolicyDocument, { source: 'gate.yaml' })
  const tier = tiers.get('prod')
  if (!tier) throw new TypeError('the document has this tier')
  return { ...tier, rules: [...tier.rules, ...rules], ...terms }
}
