import { isIPv6 } from 'node:net'
import type { Alert, AlertSeverity } from '../alert/alert.ts'
import { packageVersion } from '../package-version.ts'
import { describeActor, ipOf } from './describe-alert.ts'
import { fitAlert } from './fit-alert.ts'
import { cutText, plainText } from './plain-text.ts'

const severities: Readonly<Record<AlertSeverity, number>> = { critical: 10, high: 8, medium: 5, low: 3 }

/**
 * Writes an alert in ArcSight's Common Event Format, version 0, in one line. Fields that do not fit are left out, the
 * least important ones first.
 *
 * @param maxBytes Default 8,192.
 */
export function toCef(alert: Alert, maxBytes = 8192): string {
  const fitted = fitAlert(alert)
  const { kind, severity, title, resolves } = fitted
  const name = resolves === undefined ? title : `Resolved: ${title}`
  const fields = [
    'Sallyport',
    'monitor',
    packageVersion,
    kind,
    plainText(name, Math.min(512, Math.floor(maxBytes / 8))),
    `${severities[severity]}`,
  ]
  let line = `CEF:0|${fields.map(escapeHeader).join('|')}|`
  for (const [index, field] of extensionOf(fitted).entries()) {
    const longer = `${line}${index === 0 ? '' : ' '}${field}`
    if (Buffer.byteLength(longer) > maxBytes) break
    line = longer
  }
  return line
}

/** The fields with their values, the most important first; a custom field and its label go together. */
function extensionOf({
  at,
  id,
  kind,
  resolves,
  registry,
  repository,
  tag,
  digest,
  previousDigest,
  actor,
  group,
  occurrences,
  odd,
  expected,
  action,
  events,
}: Alert): readonly string[] {
  const ip = ipOf(actor.address)
  const extension: (readonly (readonly [key: string, value: string | number | undefined])[])[] = [
    [['rt', Date.parse(at)]],
    [['externalId', id]],
    [['cat', kind]],
    [['act', resolves === undefined ? events[0]?.action : 'resolved']],
    [['dhost', registry]],
    labelled('cs1', 'repository', repository),
    labelled('cs2', 'tag', tag),
    labelled('cs3', 'digest', digest),
    [['suser', actor.name]],
    ip !== undefined && isIPv6(ip) ? labelled('c6a2', 'Source IPv6 Address', ip) : [['src', ip]],
    labelled('cs4', 'actor', describeActor(actor)),
    labelled('cs5', 'previousDigest', previousDigest),
    labelled('cs6', 'group', group),
    labelled('cn1', 'occurrences', occurrences),
    [['requestClientApplication', actor.userAgent]],
    [['msg', `Expected: ${expected} To do: ${action}`]],
    [['reason', odd.join('\n')]],
  ]
  return extension
    .map((pairs) =>
      pairs
        .filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== '')
        .map(([key, value]) => `${key}=${escapeValue(`${value}`)}`)
        .join(' '),
    )
    .filter((field) => field !== '')
}

function labelled(
  key: string,
  label: string,
  value: string | number | undefined,
): readonly (readonly [string, string | number | undefined])[] {
  return value === undefined
    ? []
    : [
        [`${key}Label`, label],
        [key, value],
      ]
}

function escapeHeader(text: string): string {
  return plainText(text).replace(/[\\|]/g, String.raw`\$&`)
}

/** Line breaks are kept, in their escaped form; of other control characters nothing is left. */
function escapeValue(text: string): string {
  return cutText(text, 1023)
    .split(/\r\n|[\n\r]/)
    .map((line) => plainText(line).replace(/[\\=]/g, String.raw`\$&`))
    .join(String.raw`\n`)
}
