import type { Alert, AlertSeverity } from '../alert/alert.ts'

/** Who a syslog message is from. */
export interface SyslogOrigin {
  /** Number of the facility, 0 to 23. Default 13: log audit. */
  readonly facility?: number | undefined
  /** Name of this machine; the library does not look it up. Default `-`: not known. */
  readonly hostname?: string | undefined
  /** Default `sallyport`. */
  readonly appName?: string | undefined
}

// RFC 5424, section 6.2.1.
const severities: Readonly<Record<AlertSeverity, number>> = { critical: 2, high: 3, medium: 4, low: 5 }

/** Writes the line of an alert as a message of RFC 5424; `line` is in one line already. */
export function toSyslogMessage(
  { at, kind, severity }: Alert,
  line: string,
  { facility = 13, hostname = '-', appName = 'sallyport' }: SyslogOrigin = {},
): string {
  const time = Date.parse(at)
  const timestamp = Number.isNaN(time) ? '-' : new Date(time).toISOString()
  const header = [timestamp, nameOf(hostname, 255), nameOf(appName, 48), '-', nameOf(kind, 32), '-']
  return `<${facility * 8 + severities[severity]}>1 ${header.join(' ')} ${line}`
}

/** Printable ASCII without spaces, or `-` for nothing. */
function nameOf(text: string, max: number): string {
  return text.replace(/[^!-~]/g, '').slice(0, max) || '-'
}
