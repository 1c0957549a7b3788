export type { GrypeScannerOptions } from './options.ts'
export { parseGrypeReport, type ParseGrypeOptions } from './parse-grype.ts'
export { grypeScanner } from './run-grype.ts'
