import type { AdmissionStats } from '../admission.ts'
import {
  createMetricsRegistry,
  type MetricDescription,
  type MetricSample,
  type MetricsRegistry,
} from './metrics.ts'

/** What is asked for when metrics are read. */
export interface WebhookState {
  readonly inFlight: () => number
  readonly connections: () => number
  readonly certificateExpiresAt: () => Date
  readonly certificateProblem: () => boolean
  readonly stats: () => AdmissionStats
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

/** The metrics of a webhook and of what it asks. */
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
    ...admissionMetrics(state.stats),
    ...more,
  })
}

function admissionMetrics(stats: () => AdmissionStats): Readonly<Record<string, MetricDescription>> {
  const by =
    (label: string, values: (from: AdmissionStats) => Readonly<Record<string, number | undefined>>) =>
    (): readonly MetricSample[] =>
      Object.entries(values(stats())).map(([key, value = 0]) => ({ labels: { [label]: key }, value }))
  const one = (value: (from: AdmissionStats) => number) => () => [{ value: value(stats()) }]
  return {
    [`${prefix}_verdicts`]: {
      type: 'counter',
      help: 'Decisions about images by verdict.',
      read: by('verdict', ({ verdicts }) => verdicts),
    },
    [`${prefix}_reasons`]: {
      type: 'counter',
      help: 'Reasons of decisions that are no allow, by code.',
      read: by('code', ({ reasons }) => reasons),
    },
    [`${prefix}_exempt_reviews`]: {
      type: 'counter',
      help: 'Reviews that fell under an exemption.',
      read: one(({ reviews }) => reviews.exempt),
    },
    [`${prefix}_cache_lookups`]: {
      type: 'counter',
      help: 'Look-ups of verdicts by result.',
      read: by('result', ({ cache: { hits, staleHits, misses } }) => ({
        hit: hits,
        stale: staleHits,
        miss: misses,
      })),
    },
    [`${prefix}_cache_evictions`]: {
      type: 'counter',
      help: 'Verdicts that were forgotten for want of room.',
      read: one(({ cache }) => cache.evicted),
    },
    [`${prefix}_cache_entries`]: {
      type: 'gauge',
      help: 'Verdicts that are remembered.',
      read: one(({ cache }) => cache.entries),
    },
    [`${prefix}_verifications`]: {
      type: 'counter',
      help: 'Images that were verified.',
      read: one(({ verifications }) => verifications.started),
    },
    [`${prefix}_verifications_joined`]: {
      type: 'counter',
      help: 'Decisions that waited for a verification under way.',
      read: one(({ verifications }) => verifications.joined),
    },
    [`${prefix}_verifications_open`]: {
      type: 'gauge',
      help: 'Verifications by state.',
      read: by('state', ({ verifications: { inFlight, waiting } }) => ({ running: inFlight, waiting })),
    },
  }
}
