import * as z from 'zod'
import { celSchema } from '../rules/cel-rule-kind.ts'
import { parseInstant } from '../parse-instant.ts'
import { parseDuration } from './duration.ts'

/** Text for people, of some lines. */
export const proseSchema: z.ZodType<string> = z.string().trim().min(1).max(2_000)

/** Text on one line, e.g. a name or a glob. */
export const lineSchema: z.ZodType<string> = z
  .string()
  .trim()
  .max(200)
  .regex(/^\P{C}+$/u, 'expected one line of text')

/** A date, which is its start or its end in UTC, or a time with its zone; an ISO 8601 instant in UTC. */
export const instantSchema = (bareDate: 'start' | 'end'): z.ZodType<string> =>
  z.string().transform((given, context) => {
    const instant = parseInstant(given, bareDate)
    if (instant !== undefined) return new Date(instant).toISOString()
    context.addIssue({
      code: 'custom',
      message:
        'expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z, that exists',
    })
    return z.NEVER
  })

/** A duration such as `48h`; milliseconds. */
export const durationSchema: z.ZodType<number> = z.string().transform((given, context) => {
  const milliseconds = parseDuration(given)
  if (milliseconds !== undefined) return milliseconds
  context.addIssue({ code: 'custom', message: 'expected a duration such as 90m, 48h, 7d or 2w' })
  return z.NEVER
})

/** Name of a tier. */
export const tierNameSchema: z.ZodType<string> = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,31}$/,
    'expected the name of a tier: lower-case letters, digits and "-", at most 32',
  )

/** How much a rule, or each rule of a tier, weighs. */
export const modeSchema: z.ZodType<'off' | 'audit' | 'warn' | 'enforce'> = z.enum([
  'off',
  'audit',
  'warn',
  'enforce',
])

/** What every rule may say besides what its kind asks for. */
export const ruleSettingsSchema = z.strictObject({
  mode: modeSchema.optional().describe('How much it weighs; that of the tier when absent'),
  enforceFrom: instantSchema('start').optional().describe('Before this date it only warns'),
  remedy: proseSchema.optional().describe('What a person can do about it'),
  when: celSchema.optional().describe('CEL of type bool; where it is false the rule is not asked'),
  appliesTo: z
    .array(lineSchema)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Media or artifact types that it is about, with * for any text, and the word image; images when absent',
    ),
})

/** Settings of a rule as they were written. */
export type WrittenSettings = z.infer<typeof ruleSettingsSchema>

/** Fields of a rule that are no business of its kind. */
export const settingNames: ReadonlySet<string> = new Set(Object.keys(ruleSettingsSchema.shape))
