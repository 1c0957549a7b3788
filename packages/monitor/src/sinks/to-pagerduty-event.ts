import type { Alert, AlertSeverity } from '../alert/alert.ts'
import { placeOf } from './describe-alert.ts'
import { fitAlert, shortId } from './fit-alert.ts'
import { plainText } from './plain-text.ts'

/** An event of PagerDuty's Events API v2, without the routing key. */
export interface PagerDutyEvent {
  /** `resolve` for what takes an alert back. */
  readonly event_action: 'trigger' | 'resolve'
  /** Id of the alert, so that each pages, also when an earlier one of its group is open. At most 255 characters. */
  readonly dedup_key: string
  /** Who sends it. */
  readonly client: 'Sallyport'
  /** The alert. */
  readonly payload: {
    /** At most 1,024 characters. */
    readonly summary: string
    readonly source: string
    readonly severity: 'critical' | 'error' | 'warning' | 'info'
    readonly timestamp: string
    readonly component: string
    readonly group: string
    readonly class: string
    readonly custom_details: Omit<Alert, 'title'>
  }
}

const severities: Readonly<Record<AlertSeverity, PagerDutyEvent['payload']['severity']>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
}

/** Writes an alert as an event of PagerDuty's Events API v2. What takes an alert back resolves the incident. */
export function toPagerDutyEvent(alert: Alert): PagerDutyEvent {
  const { title, ...details } = fitAlert(alert)
  return {
    event_action: details.resolves === undefined ? 'trigger' : 'resolve',
    dedup_key: shortId(alert.resolves ?? alert.id, 255),
    client: 'Sallyport',
    payload: {
      summary: plainText(title, 1024),
      source: plainText(placeOf(details)),
      severity: severities[details.severity],
      timestamp: details.at,
      component: details.repository,
      group: details.registry,
      class: details.kind,
      custom_details: details,
    },
  }
}
