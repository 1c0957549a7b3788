import type { Http2SecureServer, ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** The connections of a server. */
export interface OpenConnections {
  readonly size: number
  /** Counts a request that is being answered on a connection of HTTP/1.1. */
  begin(socket: TLSSocket): void
  end(socket: TLSSocket): void
  /** Ends what is idle now, and everything else once it has been answered. */
  drain(): void
  /** Ends all at once; how many there were. */
  cut(): number
}

/** Follows which connections are open and which of them are idle. */
export function trackConnections(server: Http2SecureServer): OpenConnections {
  const sockets = new Set<Socket>()
  const sessions = new Set<ServerHttp2Session>()
  const active = new Map<TLSSocket, number>()
  let isDraining = false
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') return
    active.set(socket, 0)
    socket.once('close', () => active.delete(socket))
    if (isDraining) socket.destroy()
  })
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    if (isDraining) session.close()
  })
  return {
    get size() {
      return sockets.size
    },
    begin(socket) {
      if (active.has(socket)) active.set(socket, active.get(socket)! + 1)
    },
    end(socket) {
      const count = active.get(socket)
      if (count !== undefined) active.set(socket, count - 1)
      if (isDraining && count === 1) socket.end()
    },
    drain() {
      isDraining = true
      for (const session of sessions) session.close()
      for (const [socket, count] of active) if (count === 0) socket.destroy()
    },
    cut() {
      const { size } = sockets
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
      return size
    },
  }
}
