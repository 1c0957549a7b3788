import type { MergedScan } from '@sallyport/scan'
import type { RuleKind } from '../rules/rule-kind.ts'
import { type Gap, judgeGaps } from './judge-gaps.ts'
import { isDistroGap, isOwnGap, scanGaps, uncoveredReports } from './scan-gaps.ts'
import { type RuleWithoutFields, ruleKindWithoutFields } from './rule-without-fields.ts'

/** Everything that the image holds was seen, and some scanner judged all of it. */
export const coverageKind: RuleKind<RuleWithoutFields> = ruleKindWithoutFields((context) => {
  const { inventory, scan } = context.facts
  const gaps: Gap[] = [
    ...inventory.gaps.map(({ code, message }) => ({ code, message })),
    ...unexplained(scan, inventory.gaps.length > 0),
    ...scanGaps(scan),
  ]
  return judgeGaps(
    gaps.filter((gap) => !isDistroGap(gap)),
    context,
    'all that the image holds was judged',
  )
})

/** Scans that are not complete and do not say why. */
function unexplained(scan: MergedScan, inventoryHasGaps: boolean): readonly Gap[] {
  return uncoveredReports(scan).flatMap(({ scanner, status, gaps }) => {
    // gaps of the inventory explain a scanner's only while the inventory names one
    const isExplained = gaps.some(isOwnGap) || (gaps.length > 0 && inventoryHasGaps)
    return isExplained
      ? []
      : [{ code: 'COVERAGE_UNEXPLAINED', message: `${scanner.name}: the scan is ${status}` }]
  })
}
