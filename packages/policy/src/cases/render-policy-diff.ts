import { canonicalJson } from '@sallyport/core'
import { count } from '../explain/outline-decision.ts'
import { visibleText } from '../explain/visible-text.ts'
import type { DecisionChange, PolicyDiff } from './diff-policies.ts'
import type { RenderOptions } from './render-policy-cases.ts'

const titles: Readonly<Record<DecisionChange['kind'], string>> = {
  looser: 'Would pass now',
  tighter: 'Would not pass any more',
  other: 'Would be stopped otherwise',
  same: 'Same verdict, other reasons',
}

/** Writes how a change of the policy would have changed decisions, what would be let through first. */
export function renderPolicyDiff(diff: PolicyDiff, { format = 'text' }: RenderOptions = {}): string {
  if (format === 'json') return canonicalJson(diff)
  const { before, after, compared, unchanged, changes } = diff
  const lines = [
    `${visibleText(before.source)} (${before.digest})`,
    `→ ${visibleText(after.source)} (${after.digest})`,
    `${count(compared, 'decision')}, ${unchanged} unchanged`,
  ]
  for (const kind of ['looser', 'tighter', 'other', 'same'] as const) {
    const some = changes.filter((change) => change.kind === kind)
    if (some.length === 0) continue
    lines.push('', `${titles[kind]}: ${some.length}`)
    for (const { destination, subject, tier, evaluatedAt, before: old, after: fresh } of some) {
      lines.push(
        `  ${visibleText(destination)}  ${old.verdict} → ${fresh.verdict}  (${visibleText(tier)}, ${visibleText(evaluatedAt)}, ${subject})`,
      )
      for (const { effect, message } of old.reasons) lines.push(`    - ${effect}: ${visibleText(message)}`)
      for (const { effect, message } of fresh.reasons) lines.push(`    + ${effect}: ${visibleText(message)}`)
    }
  }
  return lines.join('\n')
}
