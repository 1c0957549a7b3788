import * as z from 'zod'

/** One value or a list of them, as people write it; `expected` describes one. */
export function oneOrMore<T>(value: z.ZodType<T>, expected: string): z.ZodType<readonly T[]> {
  const list = z.array(value).min(1).max(1_000)
  return z
    .union([value, list], { error: `expected ${expected}, or a list of at least one` })
    .transform((given) => (Array.isArray(given) ? given : [given]) as readonly T[])
}
