import { severities, type Severity } from '@sallyport/scan'
import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { isSetAside } from '../suppression.ts'
import { raised } from './tightening.ts'
import { nameWeakness, wasLookedFor } from './weakness.ts'

/** How many misconfigurations of each severity there may be. A severity that is not named has no limit, `unknown` 0. */
export interface MisconfigurationsRule {
  readonly max: Readonly<Partial<Record<Severity, number | undefined>>>
}

const limit = z.int().min(0).max(1_000_000).optional()

/** `misconfigurations`. */
export const misconfigurationsKind: RuleKind<MisconfigurationsRule> = {
  schema: z.strictObject({
    max: z
      .strictObject({
        unknown: limit,
        negligible: limit,
        low: limit,
        medium: limit,
        high: limit,
        critical: limit,
      })
      .refine((max) => severities.some((severity) => max[severity] !== undefined), 'expected a severity'),
  }),
  loosened: (parent, child) =>
    severities.flatMap((severity) =>
      raised(['max', severity], limitOf(parent, severity), limitOf(child, severity)),
    ),
  evaluate(rule, { facts: { scan }, now }) {
    const found = (scan.weaknesses ?? []).filter(
      (one) => one.kind === 'misconfiguration' && !isSetAside(one.suppressed, now),
    )
    const over = severities.flatMap((severity) => {
      const max = limitOf(rule, severity)
      const those = found.filter((one) => one.severity === severity)
      return max !== undefined && those.length > max ? [{ severity, max, those }] : []
    })
    if (over.length === 0 && !(scan.weaknesses && wasLookedFor('misconfiguration', scan)))
      return unanswered('misconfigurations-unknown', 'no scanner looked for misconfigurations')
    if (over.length === 0) return holds(`${found.length} misconfigurations`)
    return broken(
      'misconfigurations-exceeded',
      over
        .map(({ severity, max, those }) => `${those.length} of severity ${severity}, at most ${max}`)
        .join('; '),
      {
        limit: over.reduce((sum, { max }) => sum + max, 0),
        actual: over.reduce((sum, { those }) => sum + those.length, 0),
        offenders: over.flatMap(({ those }) => those.map(nameWeakness)),
      },
    )
  },
}

const limitOf = ({ max }: MisconfigurationsRule, severity: Severity) =>
  max[severity] ?? (severity === 'unknown' ? 0 : undefined)
