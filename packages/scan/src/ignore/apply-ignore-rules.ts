import type { Finding, Suppression, Weakness } from '../finding.ts'
import { isVouchedFor } from '../merge/is-vouched-for.ts'
import type { Ignorable, IgnoreRule } from './ignore-rule.ts'

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

/** Marks what imported ignore rules set aside; the first rule that matches is named. Nothing is dropped. */
export function applyIgnoreRules(
  {
    findings,
    weaknesses = [],
  }: { readonly findings: readonly Finding[]; readonly weaknesses?: readonly Weakness[] | undefined },
  { rules, now, owner }: ApplyIgnoreRulesOptions,
): AppliedIgnoreRules {
  const inForce = rules.filter(({ expires }) => expires === undefined || Date.parse(expires) > now.getTime())
  const ended = rules.filter((rule) => !inForce.includes(rule))
  const used = new Set<IgnoreRule>()
  const expired = new Set<IgnoreRule>()
  const judge = (candidate: Ignorable): Suppression | undefined => {
    let first: IgnoreRule | undefined
    for (const rule of inForce) {
      if (!rule.matches(candidate)) continue
      used.add(rule)
      first ??= rule
    }
    if (first === undefined) {
      for (const rule of ended) if (rule.matches(candidate)) expired.add(rule)
      return undefined
    }
    const { source, reason, expires } = first
    return { kind: 'waiver', status: 'ignored', statement: reason, author: owner, expires, source }
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
