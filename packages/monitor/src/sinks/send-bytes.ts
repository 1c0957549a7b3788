import { createSocket } from 'node:dgram'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where a connection goes to. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** Longest time until everything is there, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** TLS of a connection. The server's certificate is always checked. */
export interface ConnectionTls {
  /** PEM certificates that the server's may lead to. Default: those of the system. */
  readonly ca?: string | readonly string[] | undefined
  /** PEM certificate of the client. Default: none. */
  readonly cert?: string | undefined
  /** PEM key of the client's certificate. */
  readonly key?: string | undefined
  /** Name that the server's certificate is for. Default: the host. */
  readonly servername?: string | undefined
}

/** How long a server that got everything may take to close, before it is taken to have it. */
const lingerMs = 1000

/**
 * Sends bytes over a connection of their own and ends it. A syslog server answers nothing; that it closes in order, and
 * does not break the connection off, is all there is to go by.
 */
export async function sendOverStream(
  bytes: Uint8Array,
  { host, port, timeoutMs, signal }: Destination,
  tls?: ConnectionTls,
): Promise<void> {
  signal.throwIfAborted()
  const socket =
    tls === undefined
      ? connectTcp({ host, port })
      : connectTls({
          host,
          port,
          ...(tls.ca !== undefined && { ca: typeof tls.ca === 'string' ? tls.ca : [...tls.ca] }),
          ...(tls.cert !== undefined && { cert: tls.cert }),
          ...(tls.key !== undefined && { key: tls.key }),
          ...(tls.servername !== undefined && { servername: tls.servername }),
        })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const giveUp = (): void => void socket.destroy(limit.reason as Error)
  limit.addEventListener('abort', giveUp, { once: true })
  try {
    await exchange(socket, bytes, tls === undefined ? 'connect' : 'secureConnect')
  } finally {
    limit.removeEventListener('abort', giveUp)
    socket.destroy()
  }
}

function exchange(socket: Socket, bytes: Uint8Array, ready: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    let isSent = false
    let linger: NodeJS.Timeout | undefined
    socket.once(ready, () => socket.end(bytes))
    // Whatever it says is read, or its end would not be seen.
    socket.resume()
    socket.once('finish', () => {
      isSent = true
      linger = setTimeout(resolve, lingerMs)
    })
    socket.once('error', reject)
    socket.once('close', () => {
      clearTimeout(linger)
      if (isSent) resolve()
      else reject(new Error('the connection was closed before everything was sent'))
    })
  })
}

/** Sends bytes as one datagram. Whether it arrives is not known. */
export async function sendDatagram(
  bytes: Uint8Array,
  { host, port, timeoutMs, signal }: Destination,
): Promise<void> {
  signal.throwIfAborted()
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    await new Promise<void>((resolve, reject) => {
      limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true })
      socket.once('error', reject)
      socket.send(bytes, port, host, (error) => (error === null ? resolve() : reject(error)))
    })
  } finally {
    socket.close()
  }
}
