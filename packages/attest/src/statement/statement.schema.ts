import { z } from 'zod'

/** An object with few enough members; counted before anything is made of them. */
function fewMembers(most: number): z.ZodCustom<Record<string, unknown>> {
  const isFew = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length <= most
  return z.custom<Record<string, unknown>>(isFew, `expected an object of at most ${most} members`)
}

const subject = z.object({
  name: z.string().optional(),
  digest: fewMembers(32).pipe(z.record(z.string().min(1), z.string().min(1))),
  // Annotations of a resource descriptor may be any JSON; only text is of use here.
  annotations: fewMembers(1000)
    .transform((all) =>
      Object.fromEntries(
        Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      ),
    )
    .nullish()
    .transform((annotations) => annotations ?? undefined),
})

/** in-toto statements v1 and v0.1, as they arrive; the predicate is left as it is. */
export const statementSchema = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z.array(z.unknown()).min(1).max(4096).pipe(z.array(subject)),
  predicateType: z.string().min(1).max(2048),
  predicate: z.unknown().optional(),
})
