import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { sqliteJournal } from '@sallyport/gate'
import { createMonitor, sqliteMonitorState } from '@sallyport/monitor'
import { slackSink } from '@sallyport/monitor/sinks'
import { bearerToken, createReceiver, distributionNotifications } from '@sallyport/monitor/sources'
import { createRegistryClient, dockerConfigCredentials } from '@sallyport/oci'

const registry = 'prod.example'
await using client = createRegistryClient({ credentials: dockerConfigCredentials() })
await using journal = sqliteJournal('gate.db')
await using state = sqliteMonitorState('monitor.db')
const monitor = createMonitor({
  watch: [
    {
      repositories: [`${registry}/team/*`],
      tier: 'prod',
      verifiers: [
        { id: 'https://sallyport.dev/gate/prod', by: { keys: [await readFile('release.pub', 'utf8')] } },
      ],
      signers: { keys: [await readFile('evidence.pub', 'utf8')] },
    },
  ],
  gateActors: { [registry]: [{ name: 'robot$gate' }] },
  journal,
  state,
  open: (registry, repository) => client.repository({ registry, repository }),
  sinks: [slackSink({ url: process.env['SLACK_URL'] ?? '' })],
})

const sender = bearerToken(process.env['HOOK_TOKEN'] ?? '')
const receiver = createReceiver({
  formats: { '/hooks/registry': distributionNotifications({ registry, sender }) },
  onEvents: (events) => monitor.ingest(events),
})
const server = createServer(receiver.node).listen(8080)
const end = new AbortController()
process.once('SIGTERM', () => end.abort())
await monitor.run({ signal: end.signal })
server.close()
