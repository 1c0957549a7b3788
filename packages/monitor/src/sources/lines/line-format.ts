import type { EventDraft } from '../read/create-event.ts'

/**
 * Understands the lines of one kind of log. It checks nobody: who writes the log file has to be trusted, and no line
 * format can be mounted. For `parseLogLines`.
 */
export interface LineFormat {
  /** In events and alerts: `distribution-log`, `zot-log`, … */
  readonly name: string
  /** What one line tells; nothing when it is no matter of ours. Throws when the line is of another form. */
  readLine(line: string): readonly EventDraft[]
}
