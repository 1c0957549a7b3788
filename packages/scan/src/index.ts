export { ScanError, type ScanErrorCode, type ScanErrorOptions } from './errors.ts'
export type { Finding, FindingPackage, FixState, Severity, SeverityRating } from './finding.ts'
export type { Scanner, ScanOptions, ScanTarget } from './ports/scanner.ts'
export type { MergedScan, ScanData, ScanGap, ScanReport } from './scan-report.ts'
