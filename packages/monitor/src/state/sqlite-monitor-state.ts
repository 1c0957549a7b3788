import { openSqlite, type SqliteOptions } from '@sallyport/gate/database'
import type { MonitorState } from '../ports/monitor-state.ts'
import { createMonitorState } from './create-monitor-state.ts'
import { monitorSchema } from './monitor-schema.ts'

/**
 * The state of a monitor in one SQLite file, or `':memory:'`; the file may be that of the gate's journal.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when the file is damaged, another program's or of a later release;
 *   `JOURNAL_UNAVAILABLE` when it can't be opened; `JOURNAL_LOCKED`, `JOURNAL_FULL`.
 */
export function sqliteMonitorState(path: string, options?: SqliteOptions): MonitorState {
  return createMonitorState(openSqlite(path, monitorSchema, options))
}
