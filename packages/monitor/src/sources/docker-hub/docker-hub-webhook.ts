import { z } from 'zod'
import type { EventFormat } from '../../ports/event-format.ts'
import { createFormat } from '../read/create-format.ts'
import { listRows } from '../read/list-rows.ts'
import type { SenderOptions } from '../sender/sender-check.ts'

const payload = z.object({
  callback_url: z.string().nullish(),
  push_data: z.object({
    pushed_at: z.unknown().optional(),
    pusher: z.string().nullish(),
    tag: z.string().nullish(),
  }),
  repository: z.object({ repo_name: z.string() }),
})

/**
 * Webhooks of Docker Hub. They are not signed: put a secret into the URL and check it with `secretInQuery`. Silent: the
 * digest, pushes by digest, each deletion, addresses; nothing is sent again.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function dockerHubWebhook(options: SenderOptions): EventFormat {
  return createFormat(
    {
      name: 'docker-hub',
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const { callback_url, push_data, repository } = payload.parse(entry)
        const { pusher, tag, pushed_at } = push_data
        return [
          {
            action: 'push',
            registry: 'docker.io',
            repository: repository.repo_name,
            tag,
            time: pushed_at,
            actor: { name: pusher, kind: pusher ? 'user' : 'unknown' },
            // Times are in seconds, and of two pushes in one each may be of something else.
            stableId: callback_url,
          },
        ]
      },
    },
    options,
  )
}
