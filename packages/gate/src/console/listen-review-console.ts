import { once } from 'node:events'
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, BlockList, isIP, type Socket } from 'node:net'
import { GateError } from '../errors.ts'
import type { ReviewConsole } from './create-review-console.ts'

/** Options of {@link listenReviewConsole}. */
export interface ListenOptions {
  /** Address to listen at. Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default 0: any that is free. */
  readonly port?: number | undefined
  /** Certificate with its chain and its key, in PEM. Default: no TLS, for this machine alone. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined
  /** Listens to other machines without TLS, behind a proxy that has it. Default `false`. */
  readonly unsafePlain?: boolean | undefined
  /** Most connections. Default 100. */
  readonly maxConnections?: number | undefined
  /** How long a TLS handshake, or the headers of a request, may take, in milliseconds. Default 10,000. */
  readonly headersTimeoutMs?: number | undefined
  /** How long a whole request may take, in milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined
}

/** A console that listens. */
export interface ListeningConsole extends AsyncDisposable {
  /** `http(s)://address:port` without a path. */
  readonly origin: string
  /** The port that it got. */
  readonly port: number
  /** Takes nothing new and answers what is in flight; what is not answered within `timeoutMs` (default 5,000) is cut. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<void>
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'))

/**
 * Serves a review console by HTTP/1.1, with limits of time and size.
 *
 * @throws {GateError} `OPTIONS_INVALID` for an address of more than this machine without TLS, a certificate that can't be
 * used, or an address that is taken.
 */
export async function listenReviewConsole(
  console: Pick<ReviewConsole, 'node'>,
  options: ListenOptions = {},
): Promise<ListeningConsole> {
  const { host = '127.0.0.1', port = 0, tls, unsafePlain = false, maxConnections = 100 } = options
  const { headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options
  if (!tls && !unsafePlain && !isLoopback(host))
    throw new GateError(
      'OPTIONS_INVALID',
      `${host} is more than this machine: give a certificate and its key, or say that a proxy has one`,
    )
  let closing: Promise<void> | undefined
  const sockets = new Set<Socket>()
  const limits: ServerOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 5000,
    maxHeaderSize: 16 * 1024,
  }
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    response.once('close', () => {
      if (closing) setImmediate(() => server.closeIdleConnections())
    })
    console.node(message, response)
  }
  const server = start()
  server.maxConnections = maxConnections
  // Node's server knows none whose handshake has not ended.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new GateError('OPTIONS_INVALID', `can't listen at ${host}:${port}`, { cause })
  }
  const address = server.address() as AddressInfo
  const end = async (timeoutMs: number): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), timeoutMs)
    await closed
    clearTimeout(timer)
  }
  const close: ListeningConsole['close'] = ({ timeoutMs = 5000 } = {}) => (closing ??= end(timeoutMs))
  return {
    port: address.port,
    origin: `${tls ? 'https' : 'http'}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close,
    [Symbol.asyncDispose]: () => close(),
  }

  function start() {
    if (!tls) return createPlainServer(limits, listener)
    try {
      const { certificate: cert, key } = tls
      return createTlsServer(
        { ...limits, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: headersTimeoutMs },
        listener,
      )
    } catch (cause) {
      throw new GateError('OPTIONS_INVALID', 'the certificate and its key can not be used', { cause })
    }
  }
}
