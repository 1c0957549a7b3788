import * as z from 'zod'
import { parseDuration } from '../document/duration.ts'

/** `90m`, `48h` or `7d`, as milliseconds. */
export const durationSchema: z.ZodType<number> = z.string().transform((given, context) => {
  const milliseconds = parseDuration(given)
  if (milliseconds === undefined) {
    context.addIssue({ code: 'custom', message: 'expected a duration such as 90m, 48h or 7d' })
    return z.NEVER
  }
  return milliseconds
})
