import type { CompiledRule, EffectiveTier } from '../document/tier.ts'
import { preconditionKinds } from '../preconditions/precondition-kinds.ts'
import type { RuleKind, RuleSettings } from '../rules/rule-kind.ts'
import { thresholdKind } from '../thresholds/threshold-kind.ts'

/** A rule as a document writes it. */
export type WrittenRule = Partial<RuleSettings> & Readonly<Record<string, unknown>>

/** What a test sets of a tier; `preconditions` by name, each over its defaults. */
export interface WrittenTier extends Partial<Omit<EffectiveTier, 'rules'>> {
  readonly preconditions?: Readonly<Record<string, WrittenRule>> | undefined
  /** Rules of other kinds, after the thresholds. */
  readonly rules?: readonly CompiledRule[] | undefined
}

const day = 86_400_000

/** A tier with thresholds as a document writes them, and every precondition. */
export function createTier(
  thresholds: readonly WrittenRule[],
  { preconditions = {}, rules = [], mode = 'enforce', ...terms }: WrittenTier = {},
): EffectiveTier {
  return {
    name: 'prod',
    mode,
    rules: [
      ...Object.entries(preconditionKinds).map(([name, kind]: [string, RuleKind<never>]) =>
        compile('precondition', kind, { name, ...preconditions[name] }, 'enforce'),
      ),
      ...thresholds.map((one) => compile('threshold', thresholdKind, one, mode)),
      ...rules,
    ],
    acceptedGaps: [],
    waivers: { allowed: true, nearExpiryMs: 14 * day, approverRequired: false },
    breakGlass: { allowed: false, maxLifetimeMs: day },
    freeze: [],
    traceCoverage: 'complete',
    ...terms,
  }
}

function compile<Rule>(
  kind: string,
  { schema, evaluate }: RuleKind<Rule>,
  { name = '', mode, enforceFrom, remedy, appliesTo, ...fields }: WrittenRule,
  inherited: RuleSettings['mode'],
): CompiledRule {
  const settings: RuleSettings = { name, mode: mode ?? inherited, enforceFrom, remedy, appliesTo }
  const rule = { ...schema.parse(fields), ...settings }
  return { ...settings, kind, evaluate: (context) => evaluate(rule, context) }
}
