import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a service received it. */
export interface ReceivedRequest {
  readonly method: string
  /** Path with query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What a service answers; `hang` leaves the client waiting, `drop` closes the connection. */
export type ScriptedAnswer =
  | {
      readonly status?: number | undefined
      readonly headers?: Readonly<Record<string, string>> | undefined
      readonly body?: string | Uint8Array | undefined
    }
  | 'hang'
  | 'drop'

/** An HTTP service on loopback. */
export interface ScriptedService extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
}

/** Starts a service that answers as the function says. */
export async function startScriptedService(
  answer: (request: ReceivedRequest, number: number) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Promise<ScriptedService> {
  const requests: ReceivedRequest[] = []
  const server = createServer((incoming, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
      const { method = '', url: path = '', headers } = incoming
      const received = { method, path, headers, body: Buffer.concat(chunks) }
      requests.push(received)
      const said = await answer(received, requests.length)
      if (said === 'hang') return
      if (said === 'drop') return void incoming.socket.destroy()
      response.writeHead(said.status ?? 200, said.headers).end(said.body ?? '')
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
