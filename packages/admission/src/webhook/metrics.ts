/** Labels of a sample. */
export type MetricLabels = Readonly<Record<string, string>>

/** Counters, gauges and histograms in memory, written as OpenMetrics text. */
export interface MetricsRegistry {
  /** Adds to a counter; the name without `_total`. */
  count(name: string, labels?: MetricLabels, by?: number): void
  /** Puts a duration in seconds into a histogram. */
  observe(name: string, labels: MetricLabels, seconds: number): void
  /** The exposition, ended by `# EOF`. */
  format(): string
}

/** What a metric is. */
export interface MetricDescription {
  /** OpenMetrics type. */
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** What it measures, in a sentence. */
  readonly help: string
  /** Samples of a gauge or counter, asked for when the metrics are read. */
  readonly read?: (() => readonly MetricSample[]) | undefined
}

/** One value that is read. */
export interface MetricSample {
  /** Labels of this value. Default: none. */
  readonly labels?: MetricLabels | undefined
  /** The value. */
  readonly value: number
}

interface Histogram {
  /** Labels of this histogram. */
  readonly labels: MetricLabels
  readonly buckets: number[]
  sum: number
  count: number
}

/** Upper bounds in seconds: fine below 10 ms, where warm answers are, then up to the longest timeout. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const
/** Labels come from closed sets; should one not, memory must stay bounded. */
const maxSeries = 500

/** Keeps what `described` names; what is not described is not counted. */
export function createMetricsRegistry(
  described: Readonly<Record<string, MetricDescription>>,
): MetricsRegistry {
  const counters = new Map<string, Map<string, number>>()
  const histograms = new Map<string, Map<string, Histogram>>()
  return {
    count(name, labels = {}, by = 1) {
      const series = seriesOf(counters, name)
      const key = formatLabels(labels)
      if (!series.has(key) && series.size >= maxSeries) return
      series.set(key, (series.get(key) ?? 0) + by)
    },
    observe(name, labels, seconds) {
      const series = seriesOf(histograms, name)
      const key = formatLabels(labels)
      let histogram = series.get(key)
      if (!histogram) {
        if (series.size >= maxSeries) return
        histogram = { labels, buckets: bounds.map(() => 0), sum: 0, count: 0 }
        series.set(key, histogram)
      }
      const at = bounds.findIndex((bound) => seconds <= bound)
      if (at >= 0) histogram.buckets[at]! += 1
      histogram.sum += seconds
      histogram.count += 1
    },
    format() {
      const lines: string[] = []
      for (const [name, { type, help, read }] of Object.entries(described)) {
        lines.push(`# TYPE ${name} ${type}`)
        if (name.endsWith('_seconds')) lines.push(`# UNIT ${name} seconds`)
        lines.push(`# HELP ${name} ${help}`)
        for (const { labels = {}, value } of read?.() ?? []) {
          const suffix = type === 'counter' ? '_total' : ''
          lines.push(`${name}${suffix}${formatLabels(labels)} ${formatNumber(value)}`)
        }
        for (const [labels, value] of counters.get(name) ?? []) {
          lines.push(`${name}_total${labels} ${formatNumber(value)}`)
        }
        for (const histogram of histograms.get(name)?.values() ?? []) {
          lines.push(...formatHistogram(name, histogram))
        }
      }
      return `${lines.join('\n')}\n# EOF\n`
    },
  }
}

function* formatHistogram(name: string, { labels, buckets, sum, count }: Histogram): Generator<string> {
  let below = 0
  for (const [at, bound] of bounds.entries()) {
    below += buckets[at]!
    yield `${name}_bucket${formatLabels({ ...labels, le: formatNumber(bound) })} ${below}`
  }
  yield `${name}_bucket${formatLabels({ ...labels, le: '+Inf' })} ${count}`
  yield `${name}_count${formatLabels(labels)} ${count}`
  yield `${name}_sum${formatLabels(labels)} ${formatNumber(sum)}`
}

function seriesOf<T>(all: Map<string, Map<string, T>>, name: string): Map<string, T> {
  const known = all.get(name)
  if (known) return known
  const series = new Map<string, T>()
  all.set(name, series)
  return series
}

function formatLabels(labels: MetricLabels): string {
  const entries = Object.entries(labels)
  if (entries.length === 0) return ''
  return `{${entries.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}
