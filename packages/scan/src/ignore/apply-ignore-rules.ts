import type { Finding, Suppression, Weakness } from '../finding.ts'
import { isVouchedFor } from '../merge/is-vouched-for.ts'
import { vulnerabilitiesOf } from '../merge/vulnerabilities-of.ts'
import { type Ignorable, idOf, type IgnoreRule } from './ignore-rule.ts'

/** Options of {@link applyIgnoreRules}. */
export interface ApplyIgnoreRulesOptions {
  /** The rules, of any number of files. */
  readonly rules: readonly IgnoreRule[]
  /** The time at which expiry is judged. */
  readonly now: Date
  /** Who answers for the rules. */
  readonly owner?: string | undefined
}

/** What ignore rules did. */
export interface AppliedIgnoreRules {
  /** All of them, in their order; those that do not count have `suppressed`. */
  readonly findings: readonly Finding[]
  /** The same for weaknesses. */
  readonly weaknesses: readonly Weakness[]
  /** Rules that would have applied, had they not expired: what they covered counts again. */
  readonly expired: readonly IgnoreRule[]
  /** Rules in force that applied to nothing. */
  readonly unused: readonly IgnoreRule[]
}

/**
 * Marks what imported ignore rules set aside; the first rule that matches is named. A finding that several CVEs were joined
 * into is set aside when rules are about each of them. Nothing is dropped.
 */
export function applyIgnoreRules(
  {
    findings,
    weaknesses = [],
  }: { readonly findings: readonly Finding[]; readonly weaknesses?: readonly Weakness[] | undefined },
  { rules, now, owner }: ApplyIgnoreRulesOptions,
): AppliedIgnoreRules {
  const isInForce = ({ expires }: IgnoreRule): boolean =>
    expires === undefined || Date.parse(expires) > now.getTime()
  const inForce = rules.filter(isInForce)
  const current = createRuleIndex(inForce)
  const ended = createRuleIndex(rules.filter((rule) => !isInForce(rule)))
  const used = new Set<IgnoreRule>()
  const expired = new Set<IgnoreRule>()
  const judgeOne = (candidate: Ignorable): Suppression | undefined => {
    let first: IgnoreRule | undefined
    for (const rule of current(candidate)) {
      if (!rule.matches(candidate)) continue
      used.add(rule)
      first ??= rule
    }
    if (first === undefined) {
      for (const rule of ended(candidate)) if (rule.matches(candidate)) expired.add(rule)
      return undefined
    }
    const { source, reason, expires } = first
    return { kind: 'waiver', status: 'ignored', statement: reason, author: owner, expires, source }
  }
  const judge = (candidate: Ignorable): Suppression | undefined => {
    const suppressions = separate(candidate).map(judgeOne)
    return suppressions.every((one) => one !== undefined) ? suppressions[0] : undefined
  }
  const mark = <T extends { readonly suppressed?: Suppression | undefined }>(
    one: T,
    candidate: Ignorable,
  ): T => {
    const suppressed = judge(candidate)
    return suppressed === undefined || isVouchedFor(one) ? one : { ...one, suppressed }
  }
  return {
    findings: findings.map((finding) => mark(finding, { kind: 'vulnerability', finding })),
    weaknesses: weaknesses.map((weakness) => mark(weakness, { kind: weakness.kind, weakness })),
    expired: [...expired],
    unused: inForce.filter((rule) => !used.has(rule)),
  }
}

/** A finding that several CVEs were joined into as one of each, as its scanner knew them. */
function separate(candidate: Ignorable): readonly Ignorable[] {
  if (candidate.kind !== 'vulnerability') return [candidate]
  const { finding } = candidate
  const ids = vulnerabilitiesOf(finding)
  if (ids.length === 1 || !ids.includes(finding.id)) return [candidate]
  const aliases = finding.aliases.filter((alias) => !ids.includes(alias.toUpperCase()))
  return ids.map((id) => ({ kind: 'vulnerability', finding: { ...finding, id, aliases } }))
}

/** Finds the rules to try, in their order: there may be thousands of each, of rules and of findings. */
function createRuleIndex(rules: readonly IgnoreRule[]): (candidate: Ignorable) => readonly IgnoreRule[] {
  const position = new Map(rules.map((rule, index) => [rule, index]))
  const byId = new Map<string | undefined, IgnoreRule[]>()
  for (const rule of rules) {
    const list = byId.get(rule.id)
    if (list === undefined) byId.set(rule.id, [rule])
    else list.push(rule)
  }
  const any = byId.get(undefined) ?? []
  return (candidate) => {
    const own = byId.get(idOf(candidate)) ?? []
    if (any.length === 0 || own.length === 0) return own.length === 0 ? any : own
    return [...own, ...any].sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0))
  }
}
