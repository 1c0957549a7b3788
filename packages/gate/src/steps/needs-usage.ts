import { type CompiledRule, requirementKinds } from '@sallyport/policy'
import type { Finding } from '@sallyport/scan'

/**
 * Whether a decision can depend on how packages are used. Thresholds, and who reads why they failed, ask that of packages
 * with findings; rules in CEL and other engines may ask it of any. Nothing else does, and without an analysis each package
 * counts as `possible`.
 */
export function needsUsage(
  rules: readonly Pick<CompiledRule, 'kind'>[],
  findings: readonly Finding[],
): boolean {
  return findings.length > 0 || !rules.every(({ kind }) => isIndifferent(kind))
}

const isIndifferent = (kind: string): boolean =>
  kind === 'precondition' || kind === 'threshold' || Object.hasOwn(requirementKinds, kind)
