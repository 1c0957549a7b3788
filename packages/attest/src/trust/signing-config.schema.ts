import { z } from 'zod'
import { isTimestamp } from '../internal/is-timestamp.ts'

/** RFC 3339 with any number of fractional digits, in UTC or with an offset. */
const time = z
  .string()
  .refine(isTimestamp, 'not a time in RFC 3339')
  .transform((text) => new Date(text))

const service = z.object({
  url: z.url({ protocol: /^https?$/ }).max(2048),
  majorApiVersion: z.int().positive(),
  validFor: z.object({ start: time, end: time.nullish() }),
  operator: z.string().min(1).max(253),
})
const services = z
  .array(service)
  .max(100)
  .nullish()
  .transform((all) => all ?? [])
const choice = z
  .discriminatedUnion('selector', [
    z.object({ selector: z.literal('ANY') }),
    z.object({ selector: z.literal('ALL') }),
    z.object({ selector: z.literal('EXACT'), count: z.int().positive() }),
  ])
  .nullish()

/** Signing config v0.2 (`SigningConfig` of the Sigstore protocol buffers, in JSON). */
export const signingConfigSchema = z.object({
  mediaType: z.literal('application/vnd.dev.sigstore.signingconfig.v0.2+json'),
  caUrls: services,
  oidcUrls: services,
  rekorTlogUrls: services,
  rekorTlogConfig: choice,
  tsaUrls: services,
  tsaConfig: choice,
})
