import type { Weakness } from '../finding.ts'
import { compareSeverities } from '../severity/severity-order.ts'
import { compareText } from '../version/version-order.ts'
import { mergeSuppressions } from './merge-suppressions.ts'

/**
 * Makes one weakness of all that the same rule found at the same place, with the worst level that was given. Sorted by
 * path, kind, rule and line.
 */
export function mergeWeaknesses(weaknesses: readonly Weakness[]): readonly Weakness[] {
  const groups = new Map<string, Weakness[]>()
  for (const one of weaknesses) {
    const { kind, id, path, startLine, endLine, layer, title } = one
    const key = JSON.stringify([path ?? '', kind, id, startLine ?? 0, endLine ?? 0, layer ?? '', title])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return [...groups].sort(([a], [b]) => compareText(a, b)).map(([, group]) => mergeGroup(group))
}

function mergeGroup(group: readonly Weakness[]): Weakness {
  const worst = group.reduce((a, b) => (compareSeverities(a.severity, b.severity) < 0 ? b : a))
  const { suppressed: _, ...rest } = worst
  const suppressed = mergeSuppressions(group.map((one) => one.suppressed))
  return suppressed === undefined ? rest : { ...rest, suppressed }
}
