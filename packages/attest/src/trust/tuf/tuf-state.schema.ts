import { z } from 'zod'

const bytes = z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64'))

/**
 * What is kept of a repository after a refresh that succeeded. None of it is believed: metadata is verified again, from
 * the pinned root on. Names of metadata become names of files.
 */
export const tufStateSchema = z.strictObject({
  version: z.literal(1),
  fetchedAt: z.iso.datetime().transform((text) => new Date(text)),
  /** By version. */
  roots: z.record(z.string().regex(/^[1-9]\d{0,9}$/), bytes),
  metadata: z.record(z.string().regex(/^[\w.!~*'()%-]{1,200}\.json$/), bytes),
  targets: z.record(z.string(), bytes),
})

/** {@link tufStateSchema}, read. */
export type TufState = z.output<typeof tufStateSchema>
