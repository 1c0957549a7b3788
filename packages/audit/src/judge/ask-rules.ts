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
const needsLayersAndFindings = 'needs-layers-and-findings'

/** Kinds that ask only what inventory and scan tell. */
const fromSbom: ReadonlySet<string> = new Set(['precondition', 'threshold', 'packages', 'licenses', 'distro'])

/**
 * The policy with a tier whose rules say so when they can't be judged without layers. Rules about files, configuration,
 * secrets, the base or the evidence of the source are about what stays as it is in an image: they are never asked here. Of
 * rules in CEL and other engines nobody knows what they look at, so they are asked twice, once with nothing known of what
 * only layers tell and once with nothing found there; what they then say counts where it is the same. That one is broken
 * counts only where the findings break it, or it looks at nothing that is not known.
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
  const { facts } = context
  const variants = [facts, { ...facts, ...nothingFound(facts) }].map((known) => {
    const watched = watch(known)
    const result = ask(rule, { ...context, facts: watched.facts })
    const withoutFindings = ask(rule, { ...context, facts: known, findings: [], counted: [] })
    return { result, withoutFindings, looked: watched.looked() }
  })
  const [one, other] = variants.map(({ result }) => result)
  const restsOnFindings = variants.some(
    ({ result, withoutFindings }) => result?.outcome !== withoutFindings?.outcome,
  )
  // Engines that take all facts at once look at everything, which says nothing.
  const looksBeyond = rule.kind === 'cel' && variants.some(({ looked }) => looked.has('apart'))
  if (one === undefined || one.outcome !== other?.outcome || one.code !== other.code || looksBeyond)
    return unsettled(rule, restsOnFindings)
  const looks = variants.some(({ looked }) => looked.size > 0)
  return one.outcome === 'broken' && looks && !restsOnFindings ? unsettled(rule) : one
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
    files: { setuid: [], capabilities: {}, shells: [], worldWritable: [] },
    base: { name: 'unknown', knownBy: 'annotation' },
    evidence: { verified: [], rejected: [] },
    scan: { ...scan, weaknesses: [] },
  }
}

/**
 * Facts that tell whether a rule looked at what only layers tell: `image` stands for all that is known of an image, its
 * repository too; `apart` for base, evidence and weaknesses.
 */
function watch(facts: PolicyFacts): {
  readonly facts: PolicyFacts
  readonly looked: () => ReadonlySet<'image' | 'apart'>
} {
  const looked = new Set<'image' | 'apart'>()
  const scan = watchReads(facts.scan, (key) => {
    if (key === 'weaknesses') looked.add('apart')
  })
  return {
    looked: () => looked,
    facts: watchReads({ ...facts, scan }, (key) => {
      if (key === 'base' || key === 'evidence') looked.add('apart')
      if (key === 'configuration' || key === 'files') looked.add('image')
    }),
  }
}

function watchReads<Value extends object>(value: Value, onRead: (key: string | symbol) => void): Value {
  return new Proxy(value, {
    get(target, key, receiver) {
      onRead(key)
      return Reflect.get(target, key, receiver) as unknown
    },
  })
}
