import { createHash } from 'node:crypto'
import type { Alert, AlertSeverity } from '../alert/alert.ts'
import { placeOf } from '../sinks/describe-alert.ts'
import { plainText } from '../sinks/plain-text.ts'
import { urgencies } from './enqueue-alerts.ts'

const maxListed = 100
const severities: readonly AlertSeverity[] = ['critical', 'high', 'medium', 'low']

/** Sums up alerts, at least one, that are too many to be sent one by one. The worst are listed first. */
export function buildDigest(alerts: readonly Alert[], sink: string, now: Date): Alert {
  const byUrgency = alerts.toSorted((one, other) => urgencies[one.severity] - urgencies[other.severity])
  const [worst] = byUrgency
  if (worst === undefined) throw new TypeError('a digest of nothing')
  const id = createHash('sha256').update(JSON.stringify([sink, now, alerts.map((alert) => alert.id)]))
  const counts = severities
    .map((severity) => [alerts.filter((alert) => alert.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0)
    .map(([count, severity]) => `${count} ${severity}`)
  const more = alerts.length - maxListed
  return {
    id: `digest:${id.digest('hex').slice(0, 32)}`,
    group: `digest:${sink}`,
    kind: worst.kind,
    severity: worst.severity,
    at: now.toISOString(),
    title: `${alerts.length} alerts at once: ${counts.join(', ')}; the worst: ${plainText(worst.title, 400)}`,
    registry: sameOf(alerts, (alert) => alert.registry),
    repository: sameOf(alerts, (alert) => alert.repository),
    actor: { kind: 'unknown' },
    expected: 'Few enough changes outside of the gate to tell of each.',
    odd: [
      ...byUrgency
        .slice(0, maxListed)
        .map((alert) =>
          plainText(`${alert.severity}: ${alert.title} [${placeOf(alert)}; alert ${alert.id}]`, 400),
        ),
      ...(more > 0 ? [`and ${more} more`] : []),
    ],
    action: `Look at each of the ${alerts.length}: the outbox keeps them whole. Begin with the worst, and find out what is pushing.`,
    events: byUrgency.flatMap((alert) => alert.events.slice(0, 1)).slice(0, 20),
    occurrences: alerts.reduce((sum, alert) => sum + alert.occurrences, 0),
  }
}

/** What all have in common, or `*`. */
function sameOf(alerts: readonly Alert[], read: (alert: Alert) => string): string {
  const [one = '*', ...others] = new Set(alerts.map(read))
  return others.length === 0 ? one : '*'
}
