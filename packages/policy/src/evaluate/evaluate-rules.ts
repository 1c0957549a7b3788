import { mediaTypes } from '@sallyport/core'
import type { DecisionReason, EvaluatedRule } from '../decision.ts'
import type { CompiledRule, EffectiveTier } from '../document/tier.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { isAbout, isImageType } from '../rules/applies-to.ts'
import type { RuleContext, RuleMode, RuleResult } from '../rules/rule-kind.ts'
import { implicitUnknownLimit, judgeUnlimitedUnknown } from '../thresholds/threshold-kind.ts'
import { parseInstant } from '../parse-instant.ts'

/** What the rules of a tier say of an image. */
export interface EvaluatedRules {
  readonly rules: readonly EvaluatedRule[]
  readonly reasons: readonly DecisionReason[]
}

/** Kind of the rules that only tell whether an image could be judged. */
const precondition = 'precondition'

/**
 * Evaluates rules in their order, each with the weight of its mode. All modes but `off` evaluate alike, so that what is
 * found in audit is what is found when it is enforced. A tier of which no rule but preconditions was evaluated judges
 * nothing, which is an error.
 */
export function evaluateRules({ name, mode, rules }: EffectiveTier, context: RuleContext): EvaluatedRules {
  const { artifactType = mediaTypes.ociManifest } = context.facts
  const evaluated: EvaluatedRule[] = []
  const reasons: DecisionReason[] = []
  const limited = new Set<JudgedFinding>()
  let judged = 0
  let thresholds = 0
  const report = (rule: Omit<CompiledRule, 'evaluate'>, weight: Weight, result: RuleResult) => {
    evaluated.push(toEvaluatedRule(rule, weight, result))
    reasons.push(...toReasons(rule, weight, result))
  }
  for (const rule of rules) {
    const weight = weigh(rule, context.now)
    if (weight.mode === 'off') continue
    const result = isAbout(artifactType, rule.appliesTo)
      ? evaluateSafely(rule, context)
      : notAbout(artifactType, rule)
    report(rule, weight, result)
    for (const finding of result.limitsUnknown ?? []) limited.add(finding)
    if (rule.kind !== precondition && result.outcome !== 'skipped') judged++
    if (rule.kind === 'threshold' && result.outcome !== 'skipped') thresholds++
  }
  if (thresholds > 0 && mode !== 'off') {
    const unknown = judgeUnlimitedUnknown(context.counted, limited, context.now)
    if (unknown) report({ name: implicitUnknownLimit, kind: 'threshold', mode }, { mode }, unknown)
  }
  const { failures } = context.facts
  // preconditions are about images; what failed is an error of whatever else is judged, too
  if (!isImageType(artifactType) && failures.length > 0) {
    reasons.push({
      effect: 'error',
      code: 'step-failed',
      message: failures
        .map(({ step, code, message }) => `${step}: ${code}: ${message}`)
        .toSorted()
        .join('; '),
    })
  }
  if (judged === 0) {
    reasons.push({
      effect: 'error',
      code: 'no-rule-evaluated',
      message: `no rule of tier ${name} was evaluated for ${artifactType}`,
      remedy: 'write at least one rule that is not off and applies to what is judged',
    })
  }
  return { rules: evaluated, reasons }
}

function notAbout(artifactType: string, { name }: CompiledRule): RuleResult {
  return { outcome: 'skipped', code: 'not-applicable', message: `${name}: it is not about ${artifactType}` }
}

/** How much a rule weighs now. */
interface Weight {
  readonly mode: RuleMode
  /** From when it is enforced, while that is still to come. */
  readonly enforceFrom?: string | undefined
}

function weigh({ mode, enforceFrom }: CompiledRule, now: Date): Weight {
  if (mode !== 'enforce' || enforceFrom === undefined) return { mode }
  // a date that can't be read is no reason to wait
  return (parseInstant(enforceFrom) ?? Number.NaN) > now.getTime() ? { mode: 'warn', enforceFrom } : { mode }
}

/** A rule that throws has no answer. */
function evaluateSafely(rule: CompiledRule, context: RuleContext): RuleResult {
  try {
    const result = rule.evaluate(context)
    if (['holds', 'broken', 'error', 'skipped'].includes(result.outcome)) return result
    return {
      ...result,
      outcome: 'error',
      code: 'rule-failed',
      message: `${rule.name}: it gave no known outcome`,
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it gave no reason'
    return { outcome: 'error', code: 'rule-failed', message: `${rule.name}: it can not be evaluated: ${why}` }
  }
}

function toEvaluatedRule(
  { name, kind }: Pick<CompiledRule, 'name' | 'kind'>,
  { mode, enforceFrom }: Weight,
  { outcome, limit, actual }: RuleResult,
): EvaluatedRule {
  return {
    rule: name,
    kind,
    mode,
    ...(enforceFrom !== undefined && { enforceFrom }),
    ...(limit !== undefined && { limit }),
    ...(actual !== undefined && { actual }),
    holds: outcome === 'holds' || outcome === 'skipped',
    ...(outcome === 'skipped' && { applies: false }),
  }
}

function toReasons(
  { name, remedy: written }: Pick<CompiledRule, 'name' | 'remedy'>,
  { mode, enforceFrom }: Weight,
  { outcome, code, message, limit, actual, findings, offenders, remedy, notes = [] }: RuleResult,
): readonly DecisionReason[] {
  const told = notes.map((note): DecisionReason => ({ effect: 'note', rule: name, ...note }))
  if (outcome === 'holds' || outcome === 'skipped') return told
  const remedies = [written, remedy].filter((one) => one !== undefined && one !== '')
  const effect = effectOf(outcome, mode)
  return [
    {
      effect,
      code,
      rule: name,
      message: enforceFrom === undefined ? message : `${message} (enforced from ${enforceFrom})`,
      ...(limit !== undefined && { limit }),
      ...(actual !== undefined && { actual }),
      ...(findings !== undefined && { findings }),
      ...(offenders !== undefined && { offenders: [...offenders].sort() }),
      ...(remedies.length > 0 && { remedy: remedies.join('; ') }),
    },
    ...told,
  ]
}

function effectOf(outcome: 'broken' | 'error', mode: RuleMode): DecisionReason['effect'] {
  if (mode === 'audit' || mode === 'warn') return mode
  return outcome === 'broken' ? 'fail' : 'error'
}
