export { openPostgres, type PostgresDatabase } from './postgres-database.ts'
export { postgresJournal } from './postgres-journal.ts'
export type { PostgresOptions } from './postgres-options.ts'
export { postgresQuarantine, type PostgresQuarantineOptions } from './postgres-quarantine.ts'
