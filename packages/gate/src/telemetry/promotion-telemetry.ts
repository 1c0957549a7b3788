import type { Attributes, Counter, Histogram, Meter, Span, SpanStatusCode } from '@opentelemetry/api'
import { formatPlatform, isSallyportError, type Platform } from '@sallyport/core'
import { packageVersion } from '../package-version.ts'
import type { PromotionOutcome } from '../promote/outcome.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { StepName } from '../promote/step-name.ts'

const scope = '@sallyport/gate'

/** Spans and metrics of one promotion. Without an SDK of OpenTelemetry nothing happens. */
export interface PromotionTelemetry {
  /** Runs a step in a span of its own. */
  step<T>(step: StepName, platform: Platform | undefined, work: () => Promise<T>): Promise<T>
  /** Notes bytes that were sent to the target. */
  sent(bytes: number): void
}

/** Runs a promotion in a span, and counts how it ended. */
export async function tracePromotion(
  { from, to, tier, release, rollback }: PromotionRequest,
  work: (telemetry: PromotionTelemetry) => Promise<PromotionOutcome>,
): Promise<PromotionOutcome> {
  // Loaded by the first promotion: it is as much code as all of the gate, and most who import the gate run none.
  const { context, metrics, trace } = await import('@opentelemetry/api')
  const tracer = trace.getTracer(scope, packageVersion)
  const { promotions, steps, bytes } = openMetrics(metrics.getMeter(scope, packageVersion))
  const span = tracer.startSpan('sallyport.promotion', {
    attributes: defined({
      'sallyport.source': from,
      'sallyport.destination': to,
      'sallyport.tier': tier,
      'sallyport.release': release,
      'sallyport.rollback': rollback !== undefined,
    }),
  })
  // Without a context manager nothing is active after the first await, so the parent is passed on by hand.
  const parent = trace.setSpan(context.active(), span)
  const telemetry: PromotionTelemetry = {
    async step(step, platform, run) {
      const attributes = defined({
        'sallyport.step': step,
        'sallyport.platform': platform && formatPlatform(platform),
      })
      const child = tracer.startSpan(`sallyport.${step}`, { attributes }, parent)
      const startedAt = performance.now()
      try {
        return await context.with(trace.setSpan(parent, child), run)
      } catch (error) {
        fail(child, error)
        throw error
      } finally {
        child.end()
        steps.record((performance.now() - startedAt) / 1000, { 'sallyport.step': step })
      }
    },
    sent: (count) => bytes.add(count, { 'sallyport.tier': tier }),
  }
  try {
    const outcome = await context.with(parent, () => work(telemetry))
    describe(span, outcome)
    promotions.add(1, { 'sallyport.verdict': outcome.verdict, 'sallyport.tier': tier })
    return outcome
  } catch (error) {
    fail(span, error)
    promotions.add(1, { 'sallyport.verdict': 'aborted', 'sallyport.tier': tier })
    throw error
  } finally {
    span.end()
  }
}

function openMetrics(meter: Meter): {
  readonly promotions: Counter
  readonly steps: Histogram
  readonly bytes: Counter
} {
  return {
    promotions: meter.createCounter('sallyport.promotions', { description: 'Promotions that ended' }),
    steps: meter.createHistogram('sallyport.promotion.step.duration', {
      description: 'Time that a step of a promotion took',
      unit: 's',
    }),
    bytes: meter.createCounter('sallyport.promotion.sent', {
      description: 'Bytes of blobs that were sent to targets',
      unit: 'By',
    }),
  }
}

function describe(span: Span, outcome: PromotionOutcome): void {
  span.setAttribute('sallyport.verdict', outcome.verdict)
  switch (outcome.verdict) {
    case 'pass':
      span.setAttributes({ 'sallyport.digest': outcome.digest, 'sallyport.changed': outcome.changed })
      break
    case 'fail':
      span.setAttribute('sallyport.quarantine', outcome.quarantine.id)
      break
    case 'error':
      fail(span, outcome.error)
  }
}

const statusError: SpanStatusCode.ERROR = 2

/** The code only: a message may quote what a server said. */
function fail(span: Span, error: unknown): void {
  const code = isSallyportError(error) ? error.code : error instanceof Error ? error.name : 'unknown'
  span.setAttribute('error.type', code)
  span.setStatus({ code: statusError, message: code })
}

const defined = (attributes: Readonly<Record<string, string | boolean | undefined>>): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as Attributes
