export { type HarborRegistry, harborScanner, type HarborScannerOptions } from './harbor-scanner.ts'
