import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AlertSink } from '../ports/alert-sink.ts'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { type Answer, startReceiver } from '../testing/start-receiver.ts'
import { cloudEventsSink } from './cloud-events-sink.ts'
import { ocsfSink } from './ocsf-sink.ts'
import { pagerDutySink } from './pagerduty-sink.ts'
import { slackSink } from './slack-sink.ts'
import { toCloudEvent } from './to-cloud-event.ts'
import { toOcsf } from './to-ocsf.ts'
import { toPagerDutyEvent } from './to-pagerduty-event.ts'
import { toSlackBlocks } from './to-slack-blocks.ts'
import { webhookSink } from './webhook-sink.ts'
import { verifyWebhook } from './webhook-signature.ts'

const { signal } = new AbortController()
const now = new Date('2026-11-26T12:00:00Z')
const clock = { now: () => now }
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const routingKey = 'R0123456789abcdef0123456789abcde'
const alert = sampleAlert()
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('webhookSink', () => {
  it('posts an event that its receiver can verify, with the same id each time', async () => {
    await using receiver = await startReceiver()
    const old = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
    const sink = webhookSink({
      url: receiver.url,
      secrets: [secret, old],
      clock,
      headers: { 'x-team': 'platform' },
    })
    for (const each of [alert, alert, hostileAlert()]) await sink.send(each, { signal })
    for (const { headers, body } of receiver.requests) {
      for (const secrets of [[secret], [old]])
        expect(verifyWebhook({ headers, body, secrets, now })).toBe(true)
      expect(headers).toMatchObject({
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-timestamp': `${now.getTime() / 1000}`,
        'x-team': 'platform',
      })
    }
    expect(receiver.requests.slice(0, 2).map(({ headers }) => headers['webhook-id'])).toEqual([
      'alert-1',
      'alert-1',
    ])
    expect(receiver.requests[2]!.headers['webhook-id']).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(JSON.parse(receiver.requests[0]!.body)).toEqual(json(toCloudEvent(alert)))
  })
})

describe('cloudEventsSink', () => {
  it.each([
    ['structured', 'application/cloudevents+json; charset=utf-8', toCloudEvent(alert)],
    ['batch', 'application/cloudevents-batch+json; charset=utf-8', [toCloudEvent(alert)]],
    ['binary', 'application/json', toCloudEvent(alert).data],
  ] as const)('posts in %s mode', async (mode, contentType, body) => {
    await using receiver = await startReceiver()
    const headers = async () => ({ authorization: 'Bearer t0ken' })
    await cloudEventsSink({ url: receiver.url, mode, headers }).send(alert, { signal })
    const [request] = receiver.requests
    expect(request!.headers).toMatchObject({ 'content-type': contentType, authorization: 'Bearer t0ken' })
    expect(JSON.parse(request!.body)).toEqual(json(body))
  })

  it('has the attributes in the header in binary mode, percent-encoded', async () => {
    await using receiver = await startReceiver()
    const sink = cloudEventsSink({ url: receiver.url, mode: 'binary' })
    for (const each of [alert, hostileAlert()]) await sink.send(each, { signal })
    const [plain, hostile] = receiver.requests.map(({ headers }) => headers)
    expect(plain).toMatchObject({
      'ce-specversion': '1.0',
      'ce-id': 'alert-1',
      'ce-source': 'urn:sallyport:monitor',
      'ce-type': 'dev.sallyport.monitor.alert.raised',
      'ce-time': alert.at,
      'ce-partitionkey': 'prod.example/team/app%20unauthorised-push',
    })
    expect(decodeURIComponent(`${hostile!['ce-subject']}`)).toBe(toCloudEvent(hostileAlert()).subject)
    expect(hostile!['ce-subject']).toContain('%22q%22')
  })
})

describe('the other sinks', () => {
  it.each<[string, (url: string) => AlertSink, number, unknown]>([
    ['slack', (url) => slackSink({ url }), 200, toSlackBlocks(alert)],
    [
      'pagerduty',
      (url) => pagerDutySink({ url, routingKey }),
      202,
      { routing_key: routingKey, ...toPagerDutyEvent(alert) },
    ],
    ['ocsf', (url) => ocsfSink({ url }), 204, toOcsf(alert)],
  ])('%s posts its form of an alert', async (name, create, status, body) => {
    await using receiver = await startReceiver(() => ({ status }))
    const sink = create(receiver.url)
    expect(sink.name).toBe(name)
    await sink.send(alert, { signal })
    expect(JSON.parse(receiver.requests[0]!.body)).toEqual(json(body))
  })

  it('ocsf writes a line to whatever it is given', async () => {
    const written: string[] = []
    await ocsfSink({ write: async (line) => void written.push(line) }).send(hostileAlert(), { signal })
    expect(written).toEqual([expect.not.stringMatching(/[\r\n]/)])
  })

  it('pagerduty takes no other success for an answer', async () => {
    await using receiver = await startReceiver(() => ({ status: 200 }))
    await expect(
      pagerDutySink({ url: receiver.url, routingKey }).send(alert, { signal }),
    ).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: true,
    })
  })
})

describe('a receiver', () => {
  it.each<[string, Answer, object]>([
    ['refuses', { status: 400, body: 'invalid_payload' }, { status: 400, retryable: false }],
    ['is gone', { status: 410 }, { status: 410, retryable: false }],
    ['is busy', { status: 429, headers: { 'retry-after': '7' } }, { retryable: true, retryAfterMs: 7000 }],
    [
      'is down until a time',
      { status: 503, headers: { 'retry-after': 'Thu, 26 Nov 2026 12:01:00 GMT' } },
      { retryable: true, retryAfterMs: 60_000 },
    ],
    ['is slow', { status: 408 }, { retryable: true }],
    ['is broken', { status: 500 }, { retryable: true }],
    ['breaks off', 'drop', { status: undefined, retryable: true }],
    [
      'does not answer',
      'hang',
      { retryable: true, message: expect.stringContaining('within 50 ms') as string },
    ],
    [
      'leads elsewhere',
      { status: 307, headers: { location: '/elsewhere' } },
      { status: 307, retryable: true },
    ],
  ])('that %s is one request and an error that says so', async (_, answer, expected) => {
    await using receiver = await startReceiver(() => answer)
    const timeoutMs = answer === 'hang' ? 50 : 5000
    const sink = slackSink({ url: `${receiver.url}/services/T0/B0/s3cret`, timeoutMs, clock })
    const error: unknown = await sink.send(alert, { signal }).catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'MonitorError', code: 'SINK_FAILED', subject: 'slack', ...expected })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret')
    expect(receiver.requests).toHaveLength(1)
  })

  it('that answers at length with success has the alert', async () => {
    await using receiver = await startReceiver(() => ({ body: Buffer.alloc(2_000_000) }))
    await slackSink({ url: receiver.url }).send(alert, { signal })
    expect(receiver.requests).toHaveLength(1)
  })

  it('that says back what it was sent gives nothing away', async () => {
    const body = `no: ${routingKey}, Bearer t0ken-of-ours, ${'x1'.repeat(40)}`
    await using receiver = await startReceiver(() => ({ status: 403, body }))
    const sinks = [
      pagerDutySink({ url: receiver.url, routingKey }),
      ocsfSink({ url: receiver.url, headers: { authorization: 'Bearer t0ken-of-ours' } }),
    ]
    for (const sink of sinks) {
      const error: unknown = await sink.send(alert, { signal }).catch((error: unknown) => error)
      expect(error).toMatchObject({ message: expect.stringContaining('status 403: no: ') as string })
      expect(inspect(error)).not.toMatch(/R0123456789|t0ken|x1x1/)
    }
  })

  it('that can not be reached is tried again', async () => {
    const receiver = await startReceiver()
    await receiver[Symbol.asyncDispose]()
    await expect(slackSink({ url: receiver.url }).send(alert, { signal })).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
  })

  it('is not waited for once the signal says so', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    await using receiver = await startReceiver(() => {
      controller.abort(reason)
      return 'hang'
    })
    const sink = slackSink({ url: receiver.url })
    await expect(sink.send(alert, { signal: controller.signal })).rejects.toBe(reason)
    await expect(sink.send(alert, { signal: controller.signal })).rejects.toBe(reason)
    expect(receiver.requests).toHaveLength(1)
  })
})

describe('options', () => {
  it.each<[string, () => AlertSink]>([
    ['http to another machine', () => slackSink({ url: 'http://hooks.example/s3cret' })],
    ['a password in the URL', () => slackSink({ url: 'https://me:s3cret@hooks.example/' })],
    ['another protocol', () => slackSink({ url: 'file:///s3cret' })],
    ['what is no URL', () => slackSink({ url: 's3cret' })],
    ['a routing key of another form', () => pagerDutySink({ routingKey: 's3cret' })],
    ['a webhook without secrets', () => webhookSink({ url: 'https://a.example/', secrets: [] })],
  ])('refuse %s', (_, create) => {
    expect(create).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(create).toThrow(expect.not.objectContaining({ message: expect.stringContaining('s3cret') }))
  })

  it('allow http to other machines when told so', () => {
    expect(slackSink({ url: 'http://hooks.example/x', unsafeAllowHttp: true }).name).toBe('slack')
  })
})
