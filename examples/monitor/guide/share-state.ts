import { postgresJournal } from '@sallyport/gate/postgres'
import type { MonitorOptions } from '@sallyport/monitor'
import { postgresMonitorState } from '@sallyport/monitor/postgres'

/** Journal and state for monitors on several machines. */
export async function shareState(
  connectionString: string,
  resources: AsyncDisposableStack,
): Promise<Pick<MonitorOptions, 'journal' | 'state'>> {
  const journal = resources.use(await postgresJournal({ connectionString }))
  const state = resources.use(await postgresMonitorState({ connectionString }))
  return { journal, state }
}
