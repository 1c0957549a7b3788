import { z } from 'zod'
import type { Delivery, EventFormat, ReadDelivery } from '../../ports/event-format.ts'
import { distributionEvent } from '../distribution/distribution-event.schema.ts'
import { readDistributionEvent } from '../distribution/read-distribution-event.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord, listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { invalid, readJsonBody } from '../read/read-json-body.ts'
import { createAcrPlace } from './acr-registry.ts'
import type { AcrSourceOptions } from './acr-webhook.ts'

const mediaTypes = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json']
/** Type and time have other names in the two schemas. */
const event = z.object({
  id: z.string(),
  eventType: z.string().nullish(),
  type: z.string().nullish(),
  eventTime: z.unknown().optional(),
  time: z.unknown().optional(),
  data: z.unknown().optional(),
})
const prefix = /^Microsoft\.ContainerRegistry\./
const origin = /^[A-Za-z0-9.:*-]{1,255}$/

/**
 * Events of Azure Container Registry from Event Grid, in its own schema and as CloudEvents, with the handshakes of both.
 * Check them with `oidcToken`, or `secretInQuery`. Silent: who it was, addresses, and deleted tags.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function acrEventGrid(options: AcrSourceOptions): EventFormat {
  const name = 'acr-event-grid'
  const toHost = createAcrPlace(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes,
      shakeHands,
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const { id, eventType, type, eventTime, time, data } = event.parse(entry)
        const written = eventType ?? type ?? ''
        switch (written.replace(prefix, '')) {
          case 'ImagePushed':
          case 'ImageDeleted': {
            const told = distributionEvent.parse(data)
            const place = { registry: toHost(told.request?.host), toKind: () => 'unknown' as const }
            return readDistributionEvent(told, place).map((draft) => ({
              ...draft,
              time: draft.time ?? eventTime ?? time,
              rawId: id,
            }))
          }
          case 'ChartPushed':
          case 'ChartDeleted':
            return []
          default:
            // Also that the subscription was deleted, after which nothing comes.
            throw new EntryError(`a type that is not known: ${quote(written)}`)
        }
      },
    },
    options,
  )
}

/** Proves that we want the events: an echo of a code, or the name of who asks (Event Grid, "Endpoint validation"). */
function shakeHands(delivery: Delivery): ReadDelivery['answer'] {
  const asking = delivery.headers['webhook-request-origin']
  if (asking !== undefined && delivery.body.byteLength === 0) {
    if (!origin.test(asking)) throw invalid('not an origin')
    return {
      status: 200,
      contentType: 'text/plain',
      body: '',
      headers: { 'webhook-allowed-origin': asking, 'webhook-allowed-rate': '*' },
    }
  }
  if (delivery.headers['aeg-event-type'] !== 'SubscriptionValidation') return undefined
  const [first] = listRows(readJsonBody(delivery, mediaTypes))
  const data = isRecord(first) ? first['data'] : undefined
  const code = isRecord(data) ? data['validationCode'] : undefined
  if (typeof code !== 'string' || !/^[\x20-\x7e]{1,512}$/.test(code))
    throw invalid('a handshake without a code')
  return { status: 200, contentType: 'application/json', body: JSON.stringify({ validationResponse: code }) }
}
