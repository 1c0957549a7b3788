import { z } from 'zod'

/** An event of distribution's notifications, as far as it matters here (distribution, notifications/event.go). */
export const distributionEvent = z.object({
  id: z.string().nullish(),
  timestamp: z.unknown().optional(),
  action: z.string(),
  target: z.object({
    mediaType: z.string().nullish(),
    digest: z.string().nullish(),
    repository: z.string(),
    url: z.string().nullish(),
    tag: z.string().nullish(),
  }),
  request: z
    .object({
      id: z.string().nullish(),
      addr: z.string().nullish(),
      host: z.string().nullish(),
      useragent: z.string().nullish(),
    })
    .nullish(),
  actor: z.object({ name: z.string().nullish(), user_type: z.string().nullish() }).nullish(),
})

/** See {@link distributionEvent}. */
export type DistributionEvent = z.infer<typeof distributionEvent>
