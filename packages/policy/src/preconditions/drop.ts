import * as z from 'zod'
import type { PolicyFacts, PreviousScan } from '../facts.ts'
import type { RuleKind } from '../rules/rule-kind.ts'
import { judgeGaps } from './judge-gaps.ts'

/** How much may be gone since the last decision about the same digest. */
export interface DropRule {
  /** Most findings that may be gone although their package stayed. */
  readonly atMost: number
}

/**
 * Of what the last decision about the same digest had found, all is found again, whether or not it counts now; and no
 * package is missing that hardening did not remove. A tier accepts a drop as `FINDINGS_DROPPED` or `PACKAGES_DROPPED`.
 */
export const dropKind: RuleKind<DropRule> = {
  schema: z.strictObject({ atMost: z.int().min(0).max(1_000_000).default(0) }),
  loosened: (parent, child) =>
    child.atMost > parent.atMost ? [{ path: ['atMost'], was: String(parent.atMost) }] : [],
  evaluate({ atMost }, context) {
    const { facts } = context
    const { previous } = facts
    if (!previous) {
      return { outcome: 'holds', code: 'suspicious-drop', message: 'no earlier decision about this digest' }
    }
    const gone = findGone(facts, previous)
    const gaps = gone.length > atMost ? gone : []
    const lost = previous.packages - facts.inventory.packages.length - facts.removed.length
    if (lost > 0) {
      gaps.push({
        code: 'PACKAGES_DROPPED',
        message: `the inventory names ${lost} packages less than that of ${previous.evaluatedAt}`,
      })
    }
    const result = judgeGaps(gaps, context, `all that was found on ${previous.evaluatedAt} is found again`)
    return {
      ...result,
      limit: atMost,
      actual: gone.length,
      ...(result.outcome === 'error' && {
        code: 'suspicious-drop',
        remedy:
          'see whether a scanner or its data lost sight of them; accept the drop in the policy if they were withdrawn',
      }),
    }
  },
}

function findGone(
  { inventory, scan }: PolicyFacts,
  { evaluatedAt, findings }: PreviousScan,
): { code: string; message: string }[] {
  const staying = new Set(inventory.packages.map(({ purl }) => purl))
  const found = new Set<string>()
  for (const {
    id,
    aliases,
    package: { purl },
  } of scan.findings) {
    found.add(`${purl} ${id}`)
    for (const alias of aliases) found.add(`${purl} ${alias}`)
  }
  return findings
    .filter(({ id, purl }) => staying.has(purl) && !found.has(`${purl} ${id}`))
    .map(({ id, purl }) => ({
      code: 'FINDINGS_DROPPED',
      message: `${id} of ${purl} was found on ${evaluatedAt} and is not found now, though the package stayed`,
    }))
}
