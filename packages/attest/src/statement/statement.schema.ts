import { z } from 'zod'

const subject = z.object({
  name: z.string().optional(),
  digest: z.record(z.string().min(1), z.string().min(1)),
  // Annotations of a resource descriptor may be any JSON; only text is of use here.
  annotations: z
    .record(z.string(), z.unknown())
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
  subject: z.array(subject).min(1).max(4096),
  predicateType: z.string().min(1).max(2048),
  predicate: z.unknown().optional(),
})
