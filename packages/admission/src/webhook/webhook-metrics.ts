import { createMetricsRegistry, type MetricDescription, type MetricsRegistry } from './metrics.ts'

/** What is asked for when metrics are read. */
export interface WebhookState {
  readonly inFlight: () => number
  readonly connections: () => number
  readonly certificateExpiresAt: () => Date
  readonly certificateProblem: () => boolean
}

const prefix = 'sallyport_admission'

/** Names of the metrics. */
export const metricNames = {
  requests: `${prefix}_requests`,
  reviews: `${prefix}_reviews`,
  duration: `${prefix}_review_duration_seconds`,
  certificateLoads: `${prefix}_certificate_loads`,
  warmed: `${prefix}_warmed_images`,
  inFlight: `${prefix}_reviews_in_flight`,
  connections: `${prefix}_connections`,
  certificateExpiry: `${prefix}_certificate_expiry_timestamp_seconds`,
  certificateProblem: `${prefix}_certificate_refused`,
} as const

/** The metrics of a webhook; `more` are those of the judge. */
export function webhookMetrics(
  state: WebhookState,
  more: Readonly<Record<string, MetricDescription>> = {},
): MetricsRegistry {
  const gauge = (help: string, read: () => number): MetricDescription => ({
    type: 'gauge',
    help,
    read: () => [{ value: read() }],
  })
  const counter = (help: string): MetricDescription => ({ type: 'counter', help })
  return createMetricsRegistry({
    [metricNames.requests]: counter('Requests by path and HTTP status.'),
    [metricNames.reviews]: counter('Reviews by path, result and status code of the answer.'),
    [metricNames.duration]: {
      type: 'histogram',
      help: 'Time from the headers of a review to its answer, by path.',
    },
    [metricNames.certificateLoads]: counter('Times that changed certificate files were read, by result.'),
    [metricNames.warmed]: counter('Images judged before they were asked for, by result.'),
    [metricNames.inFlight]: gauge('Reviews that wait for an answer.', state.inFlight),
    [metricNames.connections]: gauge('Open connections.', state.connections),
    [metricNames.certificateExpiry]: gauge('When the certificate in use expires.', () =>
      Math.floor(state.certificateExpiresAt().getTime() / 1_000),
    ),
    [metricNames.certificateProblem]: gauge(
      '1 while the certificate files hold something that is not used because it is broken.',
      () => (state.certificateProblem() ? 1 : 0),
    ),
    ...more,
  })
}
