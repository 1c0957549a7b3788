import type { Digest } from '@sallyport/core'
import type { AlertKind, AlertSeverity } from '../alert/alert.ts'

/** What an alert is made of, before it is joined with others of the same incident. */
export interface Finding {
  /** As of the alert. */
  readonly kind: AlertKind
  /** As of the alert. */
  readonly severity: AlertSeverity
  /** What belongs together: a place, what happened there, and to which digest. */
  readonly incident: string
  /** Tells incidents apart that were ended by a promotion in between. */
  readonly epoch: string
  /** ISO 8601: it came about between the event and then. Default: with the event. */
  readonly until?: string | undefined
  /** ISO 8601: it was otherwise then. Alerts about what was before are none about what came afterwards. */
  readonly after?: string | undefined
  /** Host with its port. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** That it is about. */
  readonly tag?: string | undefined
  /** That it is about. */
  readonly digest?: Digest | undefined
  /** What was there before. */
  readonly previousDigest?: Digest | undefined
  /** In one sentence. */
  readonly title: string
  /** What should have been the case. */
  readonly expected: string
  /** What was found, each odd thing by itself. */
  readonly odd: readonly string[]
  /** What to do. */
  readonly action: string
  /** It is a part of what the incident is about: it joins the alert without changing what that says. */
  readonly isPart?: boolean | undefined
  /** What it is instead where the incident has an alert: of content that is gone by now, and that was seen before. */
  readonly whenKnown?: Finding | undefined
}

/** Ends alerts of an incident that were raised for what happened before. */
export interface Settlement {
  /** Whose alerts end. */
  readonly incident: string
  /** ISO 8601: what happened later stays. Default: all of it is over. */
  readonly before?: string | undefined
  /** Default: all kinds. */
  readonly kinds?: readonly AlertKind[] | undefined
  /** Events that could not be judged are one alert: it ends with the last of them. Default `false`. */
  readonly isLastOnly?: boolean | undefined
}

const order: readonly AlertKind[] = [
  'unauthorised-push',
  'evidence-deleted',
  'wrong-hand',
  'rollback',
  'unjournaled',
  'repository-deleted',
  'manifest-deleted',
  'tag-deleted',
  'permission-changed',
  'unjudged',
  'gap',
]
const severities: readonly AlertSeverity[] = ['critical', 'high', 'medium', 'low']

/** Below 0 when the first one is worse. */
export function compareFindings(
  one: Pick<Finding, 'kind' | 'severity'>,
  other: Pick<Finding, 'kind' | 'severity'>,
): number {
  return (
    severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
    order.indexOf(one.kind) - order.indexOf(other.kind)
  )
}
