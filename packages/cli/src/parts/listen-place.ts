import { CliError } from '../errors.ts'

/** Whether a host is this machine alone, by its name. */
export const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(host)

/**
 * Reads the `host:port` of `--listen`; an address of IPv6 may stand in brackets.
 *
 * @throws {CliError} `OPTION_INVALID`.
 */
export function parsePlace(place: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(place) ?? []
  if (host !== '') return { host, port: Number(port) }
  throw new CliError('OPTION_INVALID', '--listen: expected host:port, e.g. 127.0.0.1:8080')
}
