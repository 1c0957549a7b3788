import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An event as distribution writes it, as far as this suite reads it. */
export interface ToldEvent {
  readonly id: string
  readonly timestamp: string
  readonly action: string
  readonly target: { readonly repository: string; readonly tag?: string; readonly digest?: string }
}

/** Takes what a registry tells, for somebody else to hand on. */
export interface NotificationCollector extends AsyncDisposable {
  readonly url: string
  /** Deliveries that were answered 500. */
  readonly refused: number
  /** Takes out what came, once it is all there. */
  take(isLast: (event: ToldEvent) => boolean): Promise<readonly ToldEvent[]>
}

/** Starts one on the loopback. `refuses` says of each delivery whether it is answered 500, for the registry to repeat it. */
export async function startNotificationCollector(
  authorization: string,
  refuses: () => boolean,
): Promise<NotificationCollector> {
  let told: ToldEvent[] = []
  let refused = 0
  let arrived = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      if (request.headers.authorization !== authorization) return void response.writeHead(401).end()
      if (refuses()) {
        refused++
        return void response.writeHead(500).end()
      }
      told.push(...(JSON.parse(Buffer.concat(chunks).toString()) as { events: ToldEvent[] }).events)
      response.writeHead(202).end()
      arrived.resolve()
      arrived = Promise.withResolvers()
    })().catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    get refused() {
      return refused
    },
    async take(isLast) {
      const deadline = AbortSignal.timeout(30_000)
      while (!told.some(isLast)) {
        deadline.throwIfAborted()
        await Promise.race([arrived.promise, once(deadline, 'abort')])
      }
      const all = told
      told = []
      return all
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
