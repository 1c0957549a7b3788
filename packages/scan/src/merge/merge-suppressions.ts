import type { Suppression } from '../finding.ts'

/** The least reason to believe it first: what a scanner does by its own rules, nobody of the caller's vouched for. */
const caution: readonly Suppression['kind'][] = ['scanner', 'waiver', 'vex']

/**
 * What several say of whether one thing counts: it does as soon as one of them counts it. Set aside by all, it is so
 * for the least trusted of the reasons.
 */
export function mergeSuppressions(said: readonly (Suppression | undefined)[]): Suppression | undefined {
  const suppressions = said.filter((one) => one !== undefined)
  if (suppressions.length < said.length) return undefined
  return caution.map((kind) => suppressions.find((one) => one.kind === kind)).find(Boolean)
}
