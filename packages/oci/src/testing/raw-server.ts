import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A server that writes bytes as a test says, HTTP or not. */
export interface RawServer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string
  /** The first line of each request. */
  readonly seen: string[]
}

/** Is told of the header of each request; `line` is its first line, `count` says how many came before. */
export type RawScript = (socket: Socket, line: string, count: number) => void

/** Starts a server on loopback. `onConnect` is told of each connection before anything is read. */
export async function startRawServer(
  script: RawScript,
  onConnect: (socket: Socket) => void = () => undefined,
): Promise<RawServer> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    onConnect(socket)
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        // Before it, without a line of its own, is the body of the last request.
        const line = /(?:GET|HEAD|POST|PUT|PATCH|DELETE) \S+ HTTP\/1\.1(?=\r)/.exec(text.slice(0, end))?.[0]
        text = text.slice(end + 4)
        if (line === undefined) continue
        seen.push(line)
        script(socket, line, seen.length - 1)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Writes for as long as the other side reads. */
export function writeEndlessly(socket: Socket, chunk: string | Uint8Array): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk)) {
      // Until the buffer is full.
    }
    if (!socket.destroyed) socket.once('drain', more)
  }
  more()
}

/** Writes one character at a time, so slowly that no pause is long but the whole never ends. */
export function drip(socket: Socket, text: string): void {
  let at = 0
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 50)
  socket.on('close', () => clearInterval(timer))
}
