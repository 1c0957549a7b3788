import {
  type CompiledRule,
  type EffectiveTier,
  type Policy,
  type PolicyFacts,
  requirementKinds,
  type RuleContext,
  type RuleResult,
} from '@sallyport/policy'

/** Code of a rule that can't be judged without layers, and is about what never changes in an image. */
export const needsLayers = 'needs-layers'
/** Code of a rule that can't be judged without layers, and asks of findings too, which change. */
export const needsLayersAndFindings = 'needs-layers-and-findings'

/** Kinds that ask only what inventory and scan tell. */
const fromSbom: ReadonlySet<string> = new Set(['precondition', 'threshold', 'packages', 'licenses', 'distro'])

/**
 * The policy with a tier whose rules say so when they can't be judged without layers. Rules about files, configuration,
 * secrets, the base or the evidence of the source are about what stays as it is in an image: they are never asked here. Of
 * rules in CEL and other engines nobody knows what they look at, so they are asked twice, once with nothing known of what
 * only layers tell and once with nothing found there; what they then say counts where it is the same.
 */
export function askWithoutLayers(policy: Policy, tierName: string): Policy {
  const tier = policy.tiers.get(tierName)
  if (tier === undefined) return policy
  const asked: EffectiveTier = { ...tier, rules: tier.rules.map(toAnswerable) }
  return { ...policy, tiers: new Map([...policy.tiers, [tierName, asked]]) }
}

function toAnswerable(rule: CompiledRule): CompiledRule {
  if (fromSbom.has(rule.kind)) return rule
  if (Object.hasOwn(requirementKinds, rule.kind)) return { ...rule, evaluate: () => unsettled(rule) }
  return { ...rule, evaluate: (context) => askTwice(rule, context) }
}

function askTwice(rule: CompiledRule, context: RuleContext): RuleResult {
  const unknown = watchFindings(context, context.facts)
  const nothing = watchFindings(context, { ...context.facts, ...nothingFound(context.facts) })
  const [one, other] = [ask(rule, unknown.context), ask(rule, nothing.context)]
  if (one !== undefined && one.outcome === other?.outcome && one.code === other.code) return one
  return unsettled(rule, unknown.touched() || nothing.touched())
}

/** `undefined` when it has no answer. */
function ask(rule: CompiledRule, context: RuleContext): RuleResult | undefined {
  try {
    const result = rule.evaluate(context)
    return result.outcome === 'error' ? undefined : result
  } catch {
    return undefined
  }
}

const unsettled = ({ name }: CompiledRule, asksFindings = false): RuleResult => ({
  outcome: 'error',
  code: asksFindings ? needsLayersAndFindings : needsLayers,
  message: asksFindings
    ? `${name}: asks of findings together with what only layers tell; write two rules, or promote again`
    : `${name}: asks of what only layers or the source tell; a decision under this policy settles it`,
})

function nothingFound({ scan }: PolicyFacts): Partial<PolicyFacts> {
  return {
    configuration: {
      user: '',
      entrypoint: [],
      command: [],
      environment: [],
      exposedPorts: [],
      volumes: [],
      labels: {},
      healthCheck: false,
    },
    files: { setuid: [], shells: [], worldWritable: [] },
    base: { name: 'unknown', knownBy: 'annotation' },
    evidence: { verified: [], rejected: [] },
    scan: { ...scan, weaknesses: [] },
  }
}

/** A context of its own, so that nothing is remembered of another, which tells whether findings were asked for. */
function watchFindings(
  context: RuleContext,
  facts: PolicyFacts,
): { readonly context: RuleContext; readonly touched: () => boolean } {
  let touched = false
  const watched: RuleContext = {
    ...context,
    facts,
    get findings() {
      touched = true
      return context.findings
    },
    get counted() {
      touched = true
      return context.counted
    },
  }
  return { context: watched, touched: () => touched }
}
