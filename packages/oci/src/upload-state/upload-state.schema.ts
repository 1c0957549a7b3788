import { z } from 'zod'

const bytes = z.number().int().nonnegative()

/** A file of an upload state folder. */
export const uploadStateSchema = z.strictObject({
  version: z.literal(1),
  registry: z.string().max(300),
  repository: z.string().max(300),
  digest: z.string().max(200),
  /** When it was saved, ISO 8601. */
  savedAt: z.iso.datetime(),
  state: z.strictObject({
    location: z.url({ protocol: /^https?$/ }).max(64 * 1024),
    offset: bytes,
    minChunkBytes: bytes,
  }),
})
