export { hasRecords, readRecords, recordsDirectory } from './databases/read-records.ts'
export { writeGrypeDatabase } from './databases/write-grype-database.ts'
export { writeOsvDatabase } from './databases/write-osv-database.ts'
export { writeTrivyDatabase } from './databases/write-trivy-database.ts'
