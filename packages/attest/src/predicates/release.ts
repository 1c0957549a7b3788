import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { optional } from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const schema = z.looseObject({
  purl: z.string().regex(/^pkg:[^@]+.*@./, 'not a purl with a version'),
  packageId: optional(z.string()),
})

/** in-toto release. */
export type ReleasePredicate = z.infer<typeof schema>

/** in-toto release 0.1 and 0.2 (spec/predicates/release.md); read only. */
export const release = definePredicate<ReleasePredicate>({
  name: 'release',
  type: predicateTypes.release,
  alsoReads: ['https://in-toto.io/attestation/release/v0.2'],
  schema,
})
