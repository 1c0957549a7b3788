import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Monitor } from '@sallyport/monitor'
import { bearerToken, createReceiver, distributionNotifications } from '@sallyport/monitor/sources'

/** Takes in what the registry tells, judges it and sends alerts, until `signal` ends it. */
export async function runMonitor(
  monitor: Monitor,
  registry: string,
  { token, port, signal }: { readonly token: string; readonly port: number; readonly signal: AbortSignal },
): Promise<void> {
  const { node } = createReceiver({
    formats: { '/hooks/registry': distributionNotifications({ registry, sender: bearerToken(token) }) },
    onEvents: (events) => monitor.ingest(events),
    onRefused: ({ source, error, entries }) => console.warn(source, error?.message ?? '', entries),
  })
  const server = createServer(node).listen(port)
  await once(server, 'listening')
  try {
    await monitor.run({ signal })
  } finally {
    server.close().closeAllConnections()
  }
}
