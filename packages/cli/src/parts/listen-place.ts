import { CliError } from '../errors.ts'

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
