import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Passes connections on to a registry and counts what goes each way, header fields included. */
export interface CountingRelay extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string
  /** Bytes to the registry. */
  readonly sent: () => number
  /** Bytes from the registry. */
  readonly received: () => number
}

/** Starts a relay before the registry at `target` (`127.0.0.1:<port>`). */
export async function startCountingRelay(target: string): Promise<CountingRelay> {
  const port = Number(target.split(':')[1])
  const sockets = new Set<Socket>()
  let sent = 0
  let received = 0
  const server = createServer((client) => {
    const registry = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, registry],
      [registry, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => sockets.delete(socket))
      socket.pipe(other)
    }
    client.on('data', (chunk: Buffer) => (sent += chunk.byteLength))
    registry.on('data', (chunk: Buffer) => (received += chunk.byteLength))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    received: () => received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
