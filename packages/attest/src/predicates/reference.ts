import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { digestSet, optional, resourceDescriptor, text } from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const schema = z.looseObject({
  attester: z.looseObject({ id: text }),
  references: z.array(
    z.looseObject({
      ...resourceDescriptor.shape,
      downloadLocation: text,
      digest: digestSet,
      mediaType: optional(z.string()),
    }),
  ),
})

/** in-toto reference 0.1. */
export type ReferencePredicate = z.infer<typeof schema>

/** in-toto reference 0.1 (spec/predicates/reference.md); read only. */
export const reference = definePredicate<ReferencePredicate>({
  name: 'reference 0.1',
  type: predicateTypes.reference,
  schema,
})
