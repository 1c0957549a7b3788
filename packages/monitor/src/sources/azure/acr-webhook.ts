import type { EventFormat } from '../../ports/event-format.ts'
import { distributionEvent } from '../distribution/distribution-event.schema.ts'
import { distributionMediaTypes } from '../distribution/distribution-notifications.ts'
import { readDistributionEvent } from '../distribution/read-distribution-event.ts'
import { createFormat } from '../read/create-format.ts'
import { listRows } from '../read/list-rows.ts'
import type { SenderOptions } from '../sender/sender-check.ts'
import { createAcrPlace } from './acr-registry.ts'

/** Options of formats of Azure Container Registry. */
export type AcrSourceOptions = SenderOptions & {
  /** Host, as in references. Default: the `….azurecr.io` that an event names; needed for a domain of your own. */
  readonly registry?: string | undefined
}

/** What else webhooks tell of. */
const acrIgnoredActions = ['ping', 'chart_push', 'chart_delete']

/**
 * Webhooks of Azure Container Registry, checked by a header of your own. Silent: who it was, addresses, and deleted tags.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function acrWebhook(options: AcrSourceOptions): EventFormat {
  const name = 'acr'
  const toHost = createAcrPlace(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: distributionMediaTypes,
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const event = distributionEvent.parse(entry)
        if (acrIgnoredActions.includes(event.action)) return []
        // What is pushed into quarantine is there, if only for some.
        const action = event.action === 'quarantine' ? 'push' : event.action
        return readDistributionEvent(
          { ...event, action },
          { registry: toHost(event.request?.host), toKind: (actor) => (actor?.name ? 'user' : 'unknown') },
        )
      },
    },
    options,
  )
}
