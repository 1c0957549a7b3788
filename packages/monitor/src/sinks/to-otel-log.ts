import type { Alert, AlertSeverity } from '../alert/alert.ts'
import { ipOf } from './describe-alert.ts'
import { fitAlert } from './fit-alert.ts'

/** A log record, as OpenTelemetry's logger takes it. */
export interface OtelLogRecord {
  /** The same for all alerts. */
  readonly eventName: string
  /** When the alert was raised. */
  readonly timestamp: Date
  /** 9 (info), 13 (warn), 17 (error) or 21 (fatal). */
  readonly severityNumber: number
  /** Severity of the alert. */
  readonly severityText: string
  /** The alert in one sentence. */
  readonly body: string
  /** Its fields. */
  readonly attributes: Record<string, string | number | string[]>
}

const severities: Readonly<Record<AlertSeverity, number>> = { critical: 21, high: 17, medium: 13, low: 9 }

/** Writes an alert as a log record; attributes have the names of OpenTelemetry's conventions where there are some. */
export function toOtelLog(alert: Alert): OtelLogRecord {
  const fitted = fitAlert(alert)
  const { actor, tag, digest } = fitted
  const name = `${fitted.registry}/${fitted.repository}`
  return {
    eventName: `sallyport.monitor.alert.${fitted.resolves === undefined ? 'raised' : 'resolved'}`,
    timestamp: new Date(fitted.at),
    severityNumber: severities[fitted.severity],
    severityText: fitted.severity,
    body: fitted.title,
    attributes: Object.fromEntries(
      Object.entries({
        'container.image.name': name,
        'container.image.tags': tag === undefined ? undefined : [tag],
        'container.image.repo_digests': digest === undefined ? undefined : [`${name}@${digest}`],
        'user.name': actor.name,
        'client.address': ipOf(actor.address) ?? actor.address,
        'user_agent.original': actor.userAgent,
        'sallyport.alert.id': fitted.id,
        'sallyport.alert.revision': fitted.revision,
        'sallyport.alert.group': fitted.group,
        'sallyport.alert.kind': fitted.kind,
        'sallyport.alert.severity': fitted.severity,
        'sallyport.alert.actor_kind': actor.kind,
        'sallyport.alert.expected': fitted.expected,
        'sallyport.alert.odd': [...fitted.odd],
        'sallyport.alert.action': fitted.action,
        'sallyport.alert.occurrences': fitted.occurrences,
        'sallyport.alert.previous_digest': fitted.previousDigest,
        'sallyport.alert.resolves': fitted.resolves,
      }).filter((entry): entry is [string, string | number | string[]] => entry[1] !== undefined),
    ),
  }
}
