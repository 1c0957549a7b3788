export type { OsvScannerOptions } from './options.ts'
export { osvScanner } from './run-osv-scanner.ts'
export { parseOsvScannerReport, type ParseOsvScannerOptions } from './parse-osv-scanner.ts'
