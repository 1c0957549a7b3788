import { readFile } from 'node:fs/promises'
import { sqliteJournal } from '@sallyport/gate'
import { createMonitor, type Monitor, type MonitorOptions, sqliteMonitorState } from '@sallyport/monitor'
import { fileSink } from '@sallyport/monitor/sinks'
import { createRegistryClient, dockerConfigCredentials } from '@sallyport/oci'

/** A monitor of all that is in a registry; dispose the stack when done. */
export async function openMonitor(
  registry: string,
  resources: AsyncDisposableStack,
  more: Partial<MonitorOptions> = {},
): Promise<Monitor> {
  const client = resources.use(createRegistryClient({ credentials: dockerConfigCredentials() }))
  return createMonitor({
    watch: [
      {
        repositories: [`${registry}/*`],
        tier: 'prod',
        verifiers: [
          { id: 'https://sallyport.dev/gate/prod', by: { keys: [await readFile('release.pub', 'utf8')] } },
        ],
        signers: { keys: [await readFile('evidence.pub', 'utf8')] },
      },
    ],
    gateActors: { [registry]: [{ name: 'gate' }] },
    journal: resources.use(sqliteJournal('.gate/gate.db')),
    state: resources.use(sqliteMonitorState('monitor.db')),
    open: (registry, repository) => client.repository({ registry, repository }),
    sinks: [fileSink({ path: 'alerts.ndjson' })],
    ...more,
  })
}
