import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openGateTest, passed } from '../promote/gate-test.fixture.ts'
import { scannerFor } from '../promote/test-gate.fixture.ts'

const spans = new InMemorySpanExporter()
const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: figures, exportIntervalMillis: 3_600_000 })

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
})
afterAll(async () => {
  trace.disable()
  metrics.disable()
  await reader.shutdown()
})

it('each promotion is a span with one for each step, and is counted by its verdict', async () => {
  await using test = await openGateTest()
  const outcome = passed(await test.gate.open().promote(test.request))
  const other = { ...test.request, to: `${test.registry.host}/prod/other:1` }
  await test.gate.open({ scanners: [scannerFor('hello')] }).promote(other)
  await test.gate.open().promote({ ...other, from: `${test.registry.host}/build/missing:1` })

  const [promotion, refused, failed] = spans
    .getFinishedSpans()
    .filter(({ name }) => name === 'sallyport.promotion')
  expect(promotion!.attributes).toEqual({
    'sallyport.source': test.request.from,
    'sallyport.destination': test.request.to,
    'sallyport.tier': 'prod',
    'sallyport.rollback': false,
    'sallyport.verdict': 'pass',
    'sallyport.digest': outcome.digest,
    'sallyport.changed': true,
  })
  expect(refused!.attributes).toMatchObject({ 'sallyport.verdict': 'fail' })
  expect(failed!.attributes).toMatchObject({ 'sallyport.verdict': 'error', 'error.type': 'STEP_FAILED' })
  const children = spans
    .getFinishedSpans()
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === promotion!.spanContext().spanId)
  expect(children.map(({ name }) => name)).toEqual(
    [
      'resolve',
      'inventory',
      'scan',
      'harden',
      'rescan',
      'decide',
      'push',
      'attest',
      'verify',
      'publish',
      'record',
    ].map((step) => `sallyport.${step}`),
  )

  await reader.forceFlush()
  const found = figures
    .getMetrics()
    .at(-1)!
    .scopeMetrics.flatMap((scope) => scope.metrics)
  const points = (name: string) => found.find(({ descriptor }) => descriptor.name === name)!.dataPoints
  expect(
    points('sallyport.promotions').map(({ attributes, value }) => [attributes['sallyport.verdict'], value]),
  ).toEqual([
    ['pass', 1],
    ['fail', 1],
    ['error', 1],
  ])
  expect(points('sallyport.promotion.sent')[0]!.value).toBeGreaterThan(0)
  const scan = points('sallyport.promotion.step.duration').find(
    ({ attributes }) => attributes['sallyport.step'] === 'scan',
  )
  expect(scan!.value).toMatchObject({ count: 2 })
})
