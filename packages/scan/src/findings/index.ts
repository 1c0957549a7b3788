export {
  type ChangedFinding,
  diffFindings,
  type FindingsDiff,
  type GoneReason,
  type ScannedState,
} from '../diff/diff-findings.ts'
export { runScanners, type RunScannersOptions } from '../engine/run-scanners.ts'
export {
  type AppliedIgnoreRules,
  applyIgnoreRules,
  type ApplyIgnoreRulesOptions,
} from '../ignore/apply-ignore-rules.ts'
export { mergeReports } from '../merge/merge-reports.ts'
export {
  type AppliedVex,
  applyVex,
  type ApplyVexOptions,
  type TrustedVex,
  type VexStatementReference,
} from '../vex/apply-vex.ts'
export { vexOfChange, type VexOfChangeOptions } from '../vex/vex-of-change.ts'
export { writeOpenVex, type WriteOpenVexOptions } from '../vex/write-openvex.ts'
