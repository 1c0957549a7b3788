export {
  type AdvisoryEntry,
  type AdvisoryIndex,
  type AdvisoryIndexFeeds,
  createAdvisoryIndex,
} from './advisories/advisory-index.ts'
export { type AdvisoryExtension, extensionOf } from './advisories/advisory-extension.ts'
export { evaluateAffected, type Evaluation } from './advisories/evaluate-affected.ts'
export type { OsvAffected, OsvRange, OsvRecord } from './advisories/osv.schema.ts'
export { parseAdvisories, type ParseAdvisoriesOptions } from './advisories/parse-advisories.ts'
export { builtinScanner, type BuiltinScannerOptions } from './builtin/builtin-scanner.ts'
export type { Canary } from './engine/canary.ts'
export { runScanners, type RunScannersOptions } from './engine/run-scanners.ts'
export { ScanError, type ScanErrorCode, type ScanErrorOptions } from './errors.ts'
export { parseEpss, type EpssScores, type ParseEpssOptions } from './feeds/parse-epss.ts'
export { type KevCatalogue, parseKev, type ParseKevOptions } from './feeds/parse-kev.ts'
export type {
  EpssScore,
  Finding,
  FindingPackage,
  FixState,
  KevEntry,
  ScannerClaim,
  Severity,
  SeverityRating,
  Suppression,
  Weakness,
} from './finding.ts'
export {
  type ChangedFinding,
  diffFindings,
  type FindingsDiff,
  type GoneReason,
  type ScannedState,
} from './diff/diff-findings.ts'
export {
  type AppliedIgnoreRules,
  applyIgnoreRules,
  type ApplyIgnoreRulesOptions,
} from './ignore/apply-ignore-rules.ts'
export type { Ignorable, IgnoreFile, IgnoreRule, IgnoreTerms } from './ignore/ignore-rule.ts'
export { mergeReports } from './merge/merge-reports.ts'
export { vulnerabilitiesOf } from './merge/vulnerabilities-of.ts'
export type { Scanner, ScanOptions, ScanTarget } from './ports/scanner.ts'
export type { Disagreement, MergedScan, ScanData, ScanGap, ScanReport, ScanStatus } from './scan-report.ts'
export { chooseSeverity } from './severity/choose-severity.ts'
export { type CvssRating, rateCvss } from './severity/rate-cvss.ts'
export { compareSeverities, severities } from './severity/severity-order.ts'
export { compareApkVersions } from './version/compare-apk-versions.ts'
export { compareDebianVersions } from './version/compare-debian-versions.ts'
export { compareRpmVersions } from './version/compare-rpm-versions.ts'
export { compareVersions } from './version/compare-versions.ts'
export { isUnparseable, type UnparseableVersion, type VersionOrder } from './version/version-order.ts'
export {
  type AppliedVex,
  applyVex,
  type ApplyVexOptions,
  type TrustedVex,
  type VexStatementReference,
} from './vex/apply-vex.ts'
export type { VexImage } from './vex/match-statement.ts'
export { readVex, type ReadVexOptions } from './vex/read-vex.ts'
export type {
  VexDocument,
  VexJustification,
  VexProduct,
  VexStatement,
  VexStatus,
} from './vex/vex-document.ts'
export { vexOfChange, type VexOfChangeOptions } from './vex/vex-of-change.ts'
export {
  type NewVexStatement,
  type OpenVexDocument,
  writeOpenVex,
  type WriteOpenVexOptions,
} from './vex/write-openvex.ts'
