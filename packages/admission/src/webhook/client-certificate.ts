import type { TLSSocket } from 'node:tls'

/** Whether a connection has a client certificate of the authority, with one of the names where names are asked for. */
export function isTrustedClient(socket: TLSSocket, names: readonly string[] | undefined): boolean {
  if (!socket.authorized) return false
  if (!names) return true
  const name = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' && names.includes(name)
}
