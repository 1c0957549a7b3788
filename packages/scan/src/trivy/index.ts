export type { TrivyScannerOptions } from './options.ts'
export { parseTrivyReport, type ParseTrivyOptions } from './parse-trivy.ts'
export { trivyScanner } from './run-trivy.ts'
