import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { digestSet, resourceDescriptor, type ResourceDescriptor, text } from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const schema = z.looseObject({
  attester: z.looseObject({ id: text }),
  references: z.array(
    z.looseObject({
      ...resourceDescriptor.shape,
      downloadLocation: text,
      digest: digestSet,
    }),
  ),
})

/** in-toto reference 0.1. */
export interface ReferencePredicate {
  /** Who refers. */
  readonly attester: { readonly id: string }
  /** The documents, where they are, and their digests. */
  readonly references: readonly (ResourceDescriptor & {
    readonly downloadLocation: string
    readonly digest: Readonly<Record<string, string>>
  })[]
}

/** in-toto reference 0.1 (spec/predicates/reference.md); read only. */
export const reference = definePredicate<ReferencePredicate>({
  name: 'reference 0.1',
  type: predicateTypes.reference,
  schema,
})
