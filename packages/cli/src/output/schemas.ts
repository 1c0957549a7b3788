import type { Decision } from '@sallyport/policy'
import { z } from 'zod'

/** `sha256:…` or `sha512:…`. */
export const digestSchema: z.ZodString = z
  .string()
  .regex(/^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/)
  .describe('A digest.')

/** A decision, as `decisionJsonSchema` of `@sallyport/policy/report` describes it. */
export const decisionSchema: z.ZodType<Decision> = z
  .custom<Decision>(
    (value) => (value as { schema?: unknown } | null)?.schema === 'https://sallyport.dev/schemas/decision/v1',
  )
  .meta({ embeds: 'decision' })

/** `pass`, `fail` or `error`. */
export const verdictSchema = z.enum(['pass', 'fail', 'error'])

/** A finding in brief. */
export const findingSchema = z
  .strictObject({
    id: z.string().describe('Id of the vulnerability.'),
    severity: z.string(),
    purl: z.string().describe('The package with its version.'),
    fix: z.string().describe('State of the fix.'),
    fixedIn: z.string().optional().describe('The version to take.'),
    scanners: z.array(z.string()).describe('Who reports it.'),
  })
  .describe('A vulnerability in a package.')

/** What happened, as a document for programs. */
export const envelopeSchema = (command: string, result: z.ZodType) =>
  z
    .strictObject({
      version: z.literal(1).describe('Version of this form; a field may be added within one, none goes.'),
      command: z.literal(command),
      verdict: verdictSchema.describe('Exit code 0, 1 or 2; an interruption is error, with exit code 130.'),
      error: z
        .strictObject({
          code: z.string().describe('Stable.'),
          message: z.string(),
          advice: z.string().describe('What to do.'),
          retryable: z.boolean().describe('Whether the same again may succeed later.'),
        })
        .optional()
        .describe('With verdict error only.'),
      result: result.optional().describe('Absent when it failed before there was any.'),
    })
    .meta({ title: `sallyport ${command} --json` })
