import * as z from 'zod'
import { lineSchema, modeSchema, proseSchema, tierNameSchema } from './rule-settings.schema.ts'

const maxTiers = 100
const maxRules = 1_000

const fields = z.record(z.string(), z.unknown(), {
  error: 'expected a mapping of fields; `{}` is one without any',
})
const list = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item).max(maxRules, `more than ${maxRules} ${what}`)
/** A field that documents had, and where it went. */
const moved = (where: string) => z.never({ error: `moved: ${where}` }).optional()
const named = z.looseObject({ name: lineSchema }, { error: 'expected a mapping with a name' })

/** A tier as it is written; the fields of its rules are checked with those that they inherit. */
const tierSchema = z.strictObject({
  extends: tierNameSchema.optional(),
  mode: modeSchema.optional(),
  loosen: proseSchema.optional(),
  preconditions: z.record(z.string(), fields).optional(),
  thresholds: list(named, 'thresholds').optional(),
  requirements: z
    .record(
      z.string(),
      z.union([list(named, 'requirements'), fields], {
        error: 'expected a mapping of fields, or a list of them, each with a name',
      }),
    )
    .optional(),
  rules: list(named, 'rules').optional(),
  accept: list(fields, 'accepted gaps').optional(),
  waivers: fields.optional(),
  breakGlass: fields.optional(),
  freeze: list(named, 'windows').optional(),
  trace: fields.optional(),
  maxDataAge: moved('write `preconditions: { dataAge: { atMost: 48h } }`'),
})

/** The outline of a policy document. */
export const policySchema = z.strictObject({
  $schema: z.string().max(2_000).optional(),
  version: z.literal(1),
  waivers: moved('waivers stand in files of their own'),
  tiers: z
    .record(tierNameSchema, tierSchema)
    .refine((tiers) => Object.keys(tiers).length > 0, 'a policy needs at least one tier')
    .refine((tiers) => Object.keys(tiers).length <= maxTiers, `more than ${maxTiers} tiers`),
})

/** A document whose outline has been checked. */
export type PolicyOutline = z.infer<typeof policySchema>

/** A tier of such a document. */
export type TierOutline = z.infer<typeof tierSchema>
