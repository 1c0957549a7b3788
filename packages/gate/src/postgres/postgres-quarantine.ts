import type { QuarantineOptions, QuarantineStore } from '../ports/quarantine-store.ts'
import { createQuarantine } from '../quarantine/create-quarantine.ts'
import { quarantineSchema } from '../quarantine/quarantine-schema.ts'
import { openPostgres } from './postgres-database.ts'
import type { PostgresOptions } from './postgres-options.ts'

/** Options of {@link postgresQuarantine}. */
export type PostgresQuarantineOptions = PostgresOptions & QuarantineOptions

/**
 * A quarantine in PostgreSQL, for gates on several machines; its schema may be that of the journal.
 *
 * @throws {GateError} as `postgresJournal` does.
 */
export async function postgresQuarantine(options: PostgresQuarantineOptions): Promise<QuarantineStore> {
  return createQuarantine(await openPostgres(options, quarantineSchema), options)
}
