import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Passes connections on to a registry and counts what goes there. */
export interface CountingProxy extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string
  /** Bytes sent to the registry since the last {@link CountingProxy.reset}, header fields included. */
  readonly bytes: number
  /** Settles when `stopAt` bytes went through; nothing more is passed on then until {@link CountingProxy.reset}. */
  readonly reached: Promise<void>
  /** Cuts all connections and counts from 0 again. */
  reset(options?: { readonly stopAt?: number | undefined }): void
}

/** Starts a proxy before the registry at `target` (`127.0.0.1:<port>`). */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const port = Number(target.split(':')[1])
  const sockets = new Set<Socket>()
  let bytes = 0
  let stopAt = Number.POSITIVE_INFINITY
  let reached = Promise.withResolvers<void>()
  const server = createServer((client) => {
    const registry = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, registry],
      [registry, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => (sockets.delete(socket), other.destroy()))
    }
    registry.pipe(client)
    client.on('data', (chunk: Buffer) => {
      const passed = chunk.subarray(0, Math.max(0, stopAt - bytes))
      bytes += passed.byteLength
      if (!registry.write(passed)) {
        client.pause()
        registry.once('drain', () => client.resume())
      }
      if (bytes >= stopAt) reached.resolve()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes
    },
    get reached() {
      return reached.promise
    },
    reset(options = {}) {
      cut()
      bytes = 0
      stopAt = options.stopAt ?? Number.POSITIVE_INFINITY
      reached = Promise.withResolvers<void>()
    },
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
