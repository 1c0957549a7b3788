import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import {
  deliveryOf,
  digestOfDigit,
  happenedAt,
  readBody,
  readInShort,
  receivedAt,
  signed,
  unsigned,
} from '../read-delivery.fixture.ts'
import { acrEventGrid } from './acr-event-grid.ts'
import { acrRepositoryEvents } from './acr-repository-events.ts'
import { acrWebhook } from './acr-webhook.ts'

const one = digestOfDigit('1')
const registry = 'acme.azurecr.io'
const usual = { registry, repository: 'prod/app' }
const mediaType = mediaTypes.dockerManifest

const data = (action: string, target: object, rest: object = {}) => ({
  id: 'cb8c3971',
  timestamp: happenedAt,
  action,
  target: { mediaType, size: 524, digest: one, length: 524, repository: 'prod/app', ...target },
  request: { id: '3cbb6949', host: registry, method: 'PUT', useragent: 'docker/27' },
  ...rest,
})
const actor = { kind: 'unknown', userAgent: 'docker/27' }
const told = { actor, digest: one, mediaType, requestId: '3cbb6949' }

describe('acrWebhook', () => {
  const format = acrWebhook(unsigned)
  it.each([
    [
      'a push by tag',
      data('push', { tag: '1.0' }),
      [{ ...told, rawId: 'cb8c3971', action: 'push', tag: '1.0' }],
    ],
    ['a push by digest', data('push', {}), [{ ...told, rawId: 'cb8c3971', action: 'push' }]],
    [
      'a push into quarantine',
      data('quarantine', { tag: '1.0' }),
      [{ ...told, rawId: 'cb8c3971', action: 'push', tag: '1.0' }],
    ],
    ['a deleted image', data('delete', {}), [{ ...told, rawId: 'cb8c3971', action: 'manifest-deleted' }]],
    ['a chart as ignored', data('chart_push', {}), 'ignored'],
    ['a ping as ignored', data('ping', { repository: '' }), 'ignored'],
    [
      'an event of another host',
      data('push', {}, { request: { host: 'evil.example' } }),
      'refused: not a host of Azure Container Registry: "evil.example"',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })

  it('takes the registry of its options for the one of every event', async () => {
    const own = acrWebhook({ registry: 'registry.example', ...unsigned })
    expect((await readBody(own, data('push', {}))).events[0]?.registry).toBe('registry.example')
  })
})

describe('acrEventGrid', () => {
  const format = acrEventGrid(unsigned)
  const grid = (eventType: string, inside: object, rest: object = {}) => ({
    id: '831e1650',
    topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/acme',
    subject: 'prod/app:1.0',
    eventType,
    eventTime: '2026-11-25T21:40:52.6549614Z',
    data: inside,
    dataVersion: '1.0',
    metadataVersion: '1',
    ...rest,
  })
  const prefix = 'Microsoft.ContainerRegistry.'
  const event = { ...told, rawId: '831e1650' }

  it.each([
    [
      'a push',
      [grid(`${prefix}ImagePushed`, data('push', { tag: '1.0' }))],
      [{ ...event, action: 'push', tag: '1.0' }],
    ],
    [
      'a deleted image',
      [grid(`${prefix}ImageDeleted`, data('delete', {}))],
      [{ ...event, action: 'manifest-deleted' }],
    ],
    [
      'a CloudEvent',
      {
        id: '831e1650',
        source: '/subscriptions/s',
        type: `${prefix}ImagePushed`,
        time: happenedAt,
        specversion: '1.0',
        data: data('push', { tag: '1.0' }),
      },
      [{ ...event, action: 'push', tag: '1.0' }],
    ],
    ['a chart as ignored', [grid(`${prefix}ChartPushed`, {})], 'ignored'],
    [
      'that nothing comes any more',
      [grid('Microsoft.EventGrid.SubscriptionDeletedEvent', {})],
      'refused: a type that is not known: "Microsoft.EventGrid.SubscriptionDeletedEvent"',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })

  const validation = [grid('Microsoft.EventGrid.SubscriptionValidationEvent', { validationCode: '512d38b6' })]
  const asksToValidate = { 'aeg-event-type': 'SubscriptionValidation' }

  it('shakes hands by the code of Event Grid', async () => {
    expect((await readBody(format, validation, asksToValidate)).answer).toEqual({
      status: 200,
      contentType: 'application/json',
      body: '{"validationResponse":"512d38b6"}',
    })
  })

  it('shakes hands by the origin of a CloudEvents sender', async () => {
    const delivery = {
      headers: { 'webhook-request-origin': 'eventgrid.azure.net' },
      body: new Uint8Array(),
      path: '/',
    }
    expect((await format.read(delivery, { receivedAt })).answer).toMatchObject({
      status: 200,
      headers: { 'webhook-allowed-origin': 'eventgrid.azure.net' },
    })
  })

  it('shakes no hands with who is not trusted', async () => {
    const { headers, ...delivery } = deliveryOf(validation, asksToValidate)
    const { 'x-signature': _, ...rest } = headers
    const reading = acrEventGrid(signed).read({ ...delivery, headers: rest }, { receivedAt })
    await expect(reading).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' })
  })

  it.each([
    ['no code', [grid('x', {})], asksToValidate],
    ['a code that hides something', [grid('x', { validationCode: 'a\r\nb' })], asksToValidate],
  ])('refuses a handshake with %s', async (_, body, headers) => {
    await expect(readBody(format, body, headers)).rejects.toMatchObject({ code: 'DELIVERY_INVALID' })
  })
})

describe('acrRepositoryEvents', () => {
  const format = acrRepositoryEvents(unsigned)
  const row = (OperationName: string, rest: object = {}) => ({
    TimeGenerated: happenedAt,
    OperationName,
    LoginServer: registry,
    Repository: 'prod/app',
    Identity: 'alice@acme.example',
    CallerIpAddress: '203.0.113.7',
    UserAgent: 'docker/27',
    UserTenantId: 'tenant',
    ResultType: 'HttpStatusCode 201',
    CorrelationId: 'correlation-1',
    ...rest,
  })
  const from = { address: '203.0.113.7', userAgent: 'docker/27' }
  const alice = { name: 'alice@acme.example', kind: 'user', ...from }
  const rowTold = { actor: alice, rawId: 'correlation-1', requestId: 'correlation-1' }
  const principal = '11111111-2222-3333-4444-555555555555'
  const purge = { ...rowTold, actor: { ...alice, kind: 'system' }, cause: 'retention' }

  it.each([
    [
      'a push by tag',
      row('Push', { Tag: '1.0', Digest: one, MediaType: mediaType }),
      [{ ...rowTold, action: 'push', tag: '1.0', digest: one, mediaType }],
    ],
    [
      'a referrer',
      row('Push', { Digest: one, ArtifactType: 'text/sbom+json' }),
      [{ ...rowTold, action: 'push', digest: one, artifactType: 'text/sbom+json' }],
    ],
    ['a deleted tag', row('Untag', { Tag: '1.0' }), [{ ...rowTold, action: 'tag-deleted', tag: '1.0' }]],
    [
      'a deleted image',
      row('Delete', { Digest: one }),
      [{ ...rowTold, action: 'manifest-deleted', digest: one }],
    ],
    ['a deleted repository', row('Delete'), [{ ...rowTold, action: 'repository-deleted' }]],
    ['a purged tag', row('PurgeTag', { Tag: '0.9' }), [{ ...purge, action: 'tag-deleted', tag: '0.9' }]],
    [
      'a purged image',
      row('PurgeManifest', { Digest: one }),
      [{ ...purge, action: 'manifest-deleted', digest: one }],
    ],
    [
      'a service principal',
      row('Push', { Identity: principal }),
      [{ ...rowTold, action: 'push', actor: { name: principal, kind: 'robot', ...from } }],
    ],
    [
      'a token',
      row('Push', { Identity: 'ci-token' }),
      [{ ...rowTold, action: 'push', actor: { name: 'ci-token', kind: 'robot', ...from } }],
    ],
    [
      'the administrator',
      row('Push', { Identity: 'acme' }),
      [{ ...rowTold, action: 'push', actor: { name: 'acme', kind: 'user', ...from } }],
    ],
    [
      'nobody',
      row('Push', { Identity: '' }),
      [{ ...rowTold, action: 'push', actor: { kind: 'unknown', ...from } }],
    ],
    ['a pull as ignored', row('Pull', { Tag: '1.0' }), 'ignored'],
    ['what failed as ignored', row('Push', { ResultType: '403' }), 'ignored'],
    ['an operation that it does not know', row('Melt'), 'refused: an operation that is not known: "Melt"'],
  ])('reads %s', async (_, entry, expected) => {
    expect(await readInShort(format, [entry], usual)).toEqual(expected)
  })

  it('takes no push for a repeat of an earlier one because of an id that the client chose', async () => {
    const later = new Date(Date.parse(happenedAt) + 60_000).toISOString()
    const rows = [row('Push', { Tag: '1.0' }), row('Push', { Tag: '1.0', TimeGenerated: later })]
    const { events } = await readBody(format, rows)
    expect(new Set(events.map(({ id }) => id)).size).toBe(2)
  })

  it('reads what Log Analytics answers, and what a diagnostic setting sends', async () => {
    const push = row('Push', { Tag: '1.0' })
    const columns = Object.keys(push).map((name) => ({ name, type: 'string' }))
    const answer = { tables: [{ name: 'PrimaryResult', columns, rows: [Object.values(push)] }] }
    const record = {
      time: happenedAt,
      operationName: 'Push',
      identity: 'alice@acme.example',
      callerIpAddress: '203.0.113.7',
      correlationId: 'correlation-1',
      resultType: 'HttpStatusCode 201',
      properties: { loginServer: registry, repository: 'prod/app', tag: '1.0', userAgent: 'docker/27' },
    }
    for (const body of [answer, { records: [record] }])
      expect(await readInShort(format, body, usual)).toEqual([{ ...rowTold, action: 'push', tag: '1.0' }])
  })
})
