import { formatCount } from '@sallyport/core'
import type { RuleKind } from '../rules/rule-kind.ts'
import { type RuleWithoutFields, ruleKindWithoutFields } from './rule-without-fields.ts'
import { toResult } from './to-result.ts'

/** At least one scanner gave a report, and neither a scanner nor a step before it failed. */
export const scanKind: RuleKind<RuleWithoutFields> = ruleKindWithoutFields(({ facts }) => {
  const { failures, scan } = facts
  const failed = [
    ...failures.map(({ step, code, message }) => `${step}: ${code}: ${message}`),
    ...scan.reports.flatMap(({ scanner, status, failure }) =>
      status === 'failed'
        ? [
            `scan by ${scanner.name}: ${failure?.code ?? 'UNEXPLAINED'}: ${failure?.message ?? 'it gave no answer'}`,
          ]
        : [],
    ),
  ]
  if (failed.length === 0 && scan.reports.length === 0) {
    return toResult(['no scanner gave a report'], {
      code: 'no-scan',
      holds: '',
      remedy: 'configure at least one scanner',
    })
  }
  return toResult(failed, {
    code: 'step-failed',
    holds: `${formatCount(scan.reports.length, 'scanner')} gave a report`,
    remedy: 'repair the step and run the promotion again',
  })
})
