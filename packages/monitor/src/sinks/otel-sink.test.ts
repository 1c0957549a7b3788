import { expect, it } from 'vitest'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { type OtelLogger, otelSink } from './otel-sink.ts'
import type { OtelLogRecord } from './to-otel-log.ts'

/** As `Logger` of `@opentelemetry/api-logs` is declared, as far as it matters. */
interface ApiLogger {
  emit(record: {
    eventName?: string
    timestamp?: number | Date | [number, number]
    severityNumber?: number
    severityText?: string
    body?: unknown
    attributes?: { [name: string]: string | number | boolean | null | string[] | undefined }
  }): void
}

const signal = new AbortController().signal

it('emits an alert under the names of the conventions, and waits until it is exported', async () => {
  const records: OtelLogRecord[] = []
  const apiLogger: ApiLogger = { emit: (record) => void records.push(record as OtelLogRecord) }
  const logger: OtelLogger = apiLogger
  let isFlushed = false
  const sink = otelSink({
    logger,
    flush: async () => {
      isFlushed = true
    },
  })
  await sink.send(sampleAlert(), { signal })
  expect(isFlushed).toBe(true)
  expect(records).toEqual([
    {
      eventName: 'sallyport.monitor.alert.raised',
      timestamp: new Date('2026-11-26T12:00:00Z'),
      severityNumber: 21,
      severityText: 'critical',
      body: sampleAlert().title,
      attributes: {
        'container.image.name': 'prod.example/team/app',
        'container.image.tags': ['1.4'],
        'container.image.repo_digests': [`prod.example/team/app@${sampleAlert().digest}`],
        'user.name': 'alice',
        'client.address': '10.0.0.7',
        'user_agent.original': 'crane/0.20',
        'sallyport.alert.id': 'alert-1',
        'sallyport.alert.group': sampleAlert().group,
        'sallyport.alert.kind': 'unauthorised-push',
        'sallyport.alert.severity': 'critical',
        'sallyport.alert.actor_kind': 'user',
        'sallyport.alert.expected': sampleAlert().expected,
        'sallyport.alert.odd': [...sampleAlert().odd],
        'sallyport.alert.action': sampleAlert().action,
        'sallyport.alert.occurrences': 1,
        'sallyport.alert.previous_digest': sampleAlert().previousDigest,
      },
    },
  ])
})

it('fails when it can not be exported, and takes hostile text', async () => {
  const logger: OtelLogger = { emit: () => undefined }
  const failure = new Error('no collector')
  const sink = otelSink({ logger, flush: () => Promise.reject(failure) })
  await expect(sink.send(hostileAlert(), { signal })).rejects.toBe(failure)
})
