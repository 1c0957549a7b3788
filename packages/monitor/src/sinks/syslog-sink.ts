import type { Alert } from '../alert/alert.ts'
import { MonitorError } from '../errors.ts'
import type { AlertSink } from '../ports/alert-sink.ts'
import { fitAlert } from './fit-alert.ts'
import { type ConnectionTls, sendDatagram, sendOverStream } from './send-bytes.ts'
import { toCef } from './to-cef.ts'
import { type SyslogOrigin, toSyslogMessage } from './to-syslog-message.ts'

/** Options of {@link syslogSink}. */
export interface SyslogSinkOptions extends SyslogOrigin {
  /** Default `syslog`. */
  readonly name?: string | undefined
  /** Of the collector. */
  readonly host: string
  /** Default: 6514 for `tls`, else 514. */
  readonly port?: number | undefined
  /** Default `tls`. With `udp`, what is lost on the way is not noticed, and so not sent again. */
  readonly transport?: 'tls' | 'tcp' | 'udp' | undefined
  /** For `tls`. */
  readonly tls?: ConnectionTls | undefined
  /** What the message is: a line of the Common Event Format, or the alert in JSON. Default `cef`. */
  readonly format?: 'cef' | 'json' | undefined
  /** Longest message, in bytes, of at least 480. Default: 8,192, for `udp` 2,048. */
  readonly maxBytes?: number | undefined
  /** Longest time of one delivery, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * Sends each alert as a message of RFC 5424: over TLS (RFC 5425) or TCP (RFC 6587), each message with its length ahead, or
 * over UDP (RFC 5426).
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for a port, facility or length out of range.
 */
export function syslogSink({
  name = 'syslog',
  host,
  transport = 'tls',
  port = transport === 'tls' ? 6514 : 514,
  tls = {},
  format = 'cef',
  maxBytes = transport === 'udp' ? 2048 : 8192,
  timeoutMs = 15_000,
  ...origin
}: SyslogSinkOptions): AlertSink {
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new MonitorError('OPTIONS_INVALID', `${name}: ${what}`, { subject: name })
  }
  const { facility = 13 } = origin
  demand(Number.isInteger(port) && port > 0 && port < 65_536, `port ${port}: from 1 to 65535`)
  demand(Number.isInteger(facility) && facility >= 0 && facility < 24, `facility ${facility}: from 0 to 23`)
  demand(Number.isInteger(maxBytes) && maxBytes >= 480, `maxBytes ${maxBytes}: at least 480`)
  return {
    name,
    async send(alert, { signal }) {
      const room = maxBytes - Buffer.byteLength(toSyslogMessage(alert, '', origin))
      const line = format === 'cef' ? toCef(alert, room) : toJsonLine(alert, room)
      const message = Buffer.from(toSyslogMessage(alert, line, origin))
      const destination = { host, port, timeoutMs, signal }
      try {
        if (transport === 'udp') return await sendDatagram(message, destination)
        const framed = Buffer.concat([Buffer.from(`${message.byteLength} `), message])
        await sendOverStream(framed, destination, transport === 'tls' ? tls : undefined)
      } catch (error) {
        signal.throwIfAborted()
        const { code, name: kind } = error as { readonly code?: unknown; readonly name?: string }
        throw new MonitorError(
          'SINK_FAILED',
          `${name}: ${host}:${port} could not be reached (${typeof code === 'string' ? code : kind})`,
          { subject: name, retryable: true, cause: error },
        )
      }
    },
  }
}

/** JSON in which no control character is left as it is; texts and events go until it fits. */
function toJsonLine(alert: Alert, maxBytes: number): string {
  const write = (value: unknown): string =>
    JSON.stringify(value).replace(
      // oxlint-disable-next-line no-control-regex
      /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  const fitted = write(fitAlert(alert, maxBytes))
  if (Buffer.byteLength(fitted) <= maxBytes) return fitted
  const { id, group, kind, severity, at, registry, repository, tag, digest, occurrences } = fitAlert(alert)
  const short = write({ id, group, kind, severity, at, registry, repository, tag, digest, occurrences })
  return Buffer.byteLength(short) <= maxBytes ? short : write({ id, kind, severity, at })
}
