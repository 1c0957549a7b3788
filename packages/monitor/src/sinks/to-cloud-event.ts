import type { Alert, AlertKind, AlertSeverity } from '../alert/alert.ts'
import { placeOf } from './describe-alert.ts'
import { fitAlert, messageIdOf } from './fit-alert.ts'
import { plainText } from './plain-text.ts'

/** An alert as an event of CloudEvents 1.0. */
export interface CloudEvent {
  /** Of CloudEvents. */
  readonly specversion: '1.0'
  /** That of the alert, and `:` with its revision where it has one; together with `source` it is unique. */
  readonly id: string
  /** URI of the repository. */
  readonly source: string
  /** Kind of event. */
  readonly type: 'dev.sallyport.monitor.alert.raised' | 'dev.sallyport.monitor.alert.resolved'
  /** Reference of what it is about. */
  readonly subject: string
  /** ISO 8601: when the alert was raised. */
  readonly time: string
  /** Of `data`. */
  readonly datacontenttype: 'application/json'
  /** Group of the alert: what has the same is to be kept in order. */
  readonly partitionkey: string
  /** Extension: kind of the alert, for filters. */
  readonly alertkind: AlertKind
  /** Extension: severity of the alert, for filters. */
  readonly alertseverity: AlertSeverity
  /** The alert, its texts shortened to 1,024 characters, at most 64 KiB. */
  readonly data: Alert
}

/** Writes an alert as an event of CloudEvents 1.0. */
export function toCloudEvent(alert: Alert, source = 'urn:sallyport:monitor'): CloudEvent {
  const data = fitAlert(alert)
  return {
    specversion: '1.0',
    id: messageIdOf(data),
    source,
    type: `dev.sallyport.monitor.alert.${data.resolves === undefined ? 'raised' : 'resolved'}`,
    subject: plainText(placeOf(data)),
    time: data.at,
    datacontenttype: 'application/json',
    partitionkey: data.group,
    alertkind: data.kind,
    alertseverity: data.severity,
    data,
  }
}
