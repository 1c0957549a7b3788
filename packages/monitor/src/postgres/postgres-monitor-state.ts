import { openPostgres, type PostgresOptions } from '@sallyport/gate/postgres'
import type { MonitorState } from '../ports/monitor-state.ts'
import { createMonitorState } from '../state/create-monitor-state.ts'
import { monitorSchema } from '../state/monitor-schema.ts'

/**
 * The state of a monitor in PostgreSQL, for monitors on several machines; its schema may be that of the gate's journal.
 *
 * @throws {GateError} as `postgresJournal` does.
 */
export async function postgresMonitorState(options: PostgresOptions): Promise<MonitorState> {
  return createMonitorState(await openPostgres(options, monitorSchema))
}
