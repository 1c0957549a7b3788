export { type AdvisoryEntry, type AdvisoryIndex, createAdvisoryIndex } from './advisories/advisory-index.ts'
export { type AdvisoryExtension, extensionOf } from './advisories/advisory-extension.ts'
export { parseAlpineSecdb, type ParseAlpineSecdbOptions } from './advisories/alpine-secdb/parse-secdb.ts'
export { parseTrackerCve } from './advisories/debian-tracker/parse-tracker-cve.ts'
export {
  parseTrackerJson,
  type ParseTrackerJsonOptions,
} from './advisories/debian-tracker/parse-tracker-json.ts'
export {
  parseTrackerList,
  type ParseTrackerOptions,
} from './advisories/debian-tracker/parse-tracker-lists.ts'
export { type DebianRecordOptions, toDebianRecords } from './advisories/debian-tracker/to-debian-records.ts'
export type { TrackerKind, TrackerNote } from './advisories/debian-tracker/tracker-note.ts'
export { evaluateAffected, type Evaluation } from './advisories/evaluate-affected.ts'
export type { OsvAffected, OsvRange, OsvRecord } from './advisories/osv.schema.ts'
export { parseAdvisories, type ParseAdvisoriesOptions } from './advisories/parse-advisories.ts'
export { parseFriendsOfPhp } from './advisories/parse-friends-of-php.ts'
export { parseGhsaGraphql } from './advisories/parse-ghsa-graphql.ts'
export { parseRubysec } from './advisories/parse-rubysec.ts'
export type { TextSource } from './advisories/read-lines.ts'
export { parseCsafVex } from './advisories/redhat/parse-csaf-vex.ts'
export { builtinScanner, type BuiltinScannerOptions } from './builtin/builtin-scanner.ts'
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
