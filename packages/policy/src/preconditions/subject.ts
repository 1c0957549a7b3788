import type { RuleKind } from '../rules/rule-kind.ts'
import { type RuleWithoutFields, ruleKindWithoutFields } from './rule-without-fields.ts'
import { toResult } from './to-result.ts'

/** Everything that was said of the image is about the digest that is judged. */
export const subjectKind: RuleKind<RuleWithoutFields> = ruleKindWithoutFields(({ facts }) => {
  const { subject, inventory, scan } = facts
  const faults: string[] = []
  const check = (what: string, actual: string) => {
    if (actual !== subject) faults.push(`${what} is about ${actual}, not ${subject}`)
  }
  check('the inventory', inventory.subject)
  check('the scan', scan.subject)
  for (const report of scan.reports) check(`the report of ${report.scanner.name}`, report.subject)
  return toResult(faults, {
    code: 'subject-mismatch',
    holds: `inventory and reports are about ${subject}`,
    remedy: 'inventory and scan the image that is promoted, by its digest',
  })
})
