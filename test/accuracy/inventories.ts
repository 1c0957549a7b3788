export { comparePackages, type Difference } from './inventory/compare-packages.ts'
export { explain } from './inventory/explain-differences.ts'
export { listOfSyft, listOfTrivy } from './inventory/list-packages.ts'
export { writeTrivyCache } from './inventory/write-trivy-cache.ts'
