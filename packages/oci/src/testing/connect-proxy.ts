import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** A proxy on loopback. */
export interface ConnectProxy extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string
  /** `CONNECT host:port` or `GET http://…`, with the credentials that came along. */
  readonly seen: { readonly line: string; readonly authorization: string | undefined }[]
}

/** Starts a proxy that resolves every name to this machine, and wants `authorization` where one is given. */
export async function startConnectProxy(authorization?: string): Promise<ConnectProxy> {
  const seen: { readonly line: string; readonly authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    const sent = request.headers['proxy-authorization']
    seen.push({ line: `${request.method} ${request.url}`, authorization: sent })
    if (authorization !== undefined && sent !== authorization) return void response.writeHead(407).end()
    const { port, pathname, search } = new URL(request.url ?? '')
    const headers = { ...request.headers }
    delete headers['proxy-authorization']
    const onward = httpRequest(
      {
        host: '127.0.0.1',
        maxHeaderSize: 256 * 1024,
        port,
        path: `${pathname}${search}`,
        method: request.method,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.on('connect', (request, socket) => {
    const sent = request.headers['proxy-authorization']
    seen.push({ line: `CONNECT ${request.url}`, authorization: sent })
    socket.on('error', () => undefined)
    if (authorization !== undefined && sent !== authorization) {
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    }
    const onward = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
