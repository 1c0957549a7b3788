import { PackageURL } from 'packageurl-js'
import * as z from 'zod'
import { parseDuration } from './duration.ts'

const severity = z.enum(['unknown', 'negligible', 'low', 'medium', 'high', 'critical'])
const usage = z.enum(['executed', 'loaded', 'linked', 'possible', 'present'])
const fix = z.enum(['fixed', 'not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown'])
const text = z.string().trim().min(1).max(2_000)

/** One value or a list, as people write it. */
const oneOrMore = <T extends z.ZodType>(value: T) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(value).min(1))

const threshold = z.strictObject({
  name: text,
  severity: oneOrMore(severity).optional(),
  usage: oneOrMore(usage).optional(),
  fix: oneOrMore(fix).optional(),
  except: oneOrMore(z.enum(['kernel-not-shipped'])).optional(),
  max: z.int().min(0).max(1_000_000),
})

const acceptedGap = z.strictObject({
  gap: z.string().regex(/^[A-Z_]{1,64}$/, 'expected the code of a gap, e.g. DATABASE_MISSING'),
  images: text,
  reason: text,
})

const duration = z.string().transform((given, context) => {
  const milliseconds = parseDuration(given)
  if (milliseconds === undefined) {
    context.addIssue({ code: 'custom', message: 'expected a duration such as 90m, 48h or 7d' })
    return z.NEVER
  }
  return milliseconds
})

const purl = z.string().refine((given) => {
  try {
    PackageURL.fromString(given)
    return true
  } catch {
    return false
  }
}, 'expected a purl, e.g. pkg:deb/debian/zlib1g')

const date = z
  .string()
  .refine(
    (given) => z.union([z.iso.date(), z.iso.datetime({ offset: true })]).safeParse(given).success,
    'expected an ISO 8601 date or time with zone, e.g. 2027-03-31',
  )

const tier = z.strictObject({
  thresholds: z.array(threshold).min(1, 'a tier needs at least one threshold'),
  maxDataAge: duration.optional(),
  accept: z.array(acceptedGap).optional(),
})

const waiver = z.strictObject({
  id: text,
  vulnerability: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.:_-]{2,63}$/, 'expected an id such as CVE-2023-45853'),
  package: purl,
  reason: text,
  owner: text,
  expires: date,
  tiers: z.array(text).min(1).optional(),
})

/** The policy document as people write it. */
export const policySchema = z.strictObject({
  version: z.literal(1),
  tiers: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), tier)
    .refine((tiers) => Object.keys(tiers).length > 0, {
      message: 'a policy needs at least one tier',
    }),
  waivers: z.array(waiver).max(10_000).optional(),
})

/** A policy document whose form has been checked. */
export type PolicyDocument = z.infer<typeof policySchema>
