export { type AdvisoryEntry, type AdvisoryIndex, createAdvisoryIndex } from './advisories/advisory-index.ts'
export { evaluateAffected, type Evaluation } from './advisories/evaluate-affected.ts'
export type { OsvAffected, OsvRange, OsvRecord } from './advisories/osv.schema.ts'
export { parseAdvisories, type ParseAdvisoriesOptions } from './advisories/parse-advisories.ts'
export { builtinScanner, type BuiltinScannerOptions } from './builtin/builtin-scanner.ts'
export type { Canary } from './engine/canary.ts'
export { runScanners, type RunScannersOptions } from './engine/run-scanners.ts'
export { ScanError, type ScanErrorCode, type ScanErrorOptions } from './errors.ts'
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
export { mergeReports } from './merge/merge-reports.ts'
export type { Scanner, ScanOptions, ScanTarget } from './ports/scanner.ts'
export type { MergedScan, ScanData, ScanGap, ScanReport, ScanStatus } from './scan-report.ts'
export { chooseSeverity } from './severity/choose-severity.ts'
export { type CvssRating, rateCvss } from './severity/rate-cvss.ts'
export { compareSeverities } from './severity/severity-order.ts'
export { compareApkVersions } from './version/compare-apk-versions.ts'
export { compareDebianVersions } from './version/compare-debian-versions.ts'
export { compareVersions } from './version/compare-versions.ts'
export { isUnparseable, type UnparseableVersion, type VersionOrder } from './version/version-order.ts'
