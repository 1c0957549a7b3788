import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { anyRecord, digestSet, optional, resourceDescriptor, text } from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const artifacts = z.record(z.string(), digestSet)
const schema = z.looseObject({
  name: text,
  command: optional(z.array(z.string())),
  /** By name in the older form, which cosign writes. */
  materials: optional(z.union([artifacts, z.array(resourceDescriptor)])),
  products: optional(artifacts),
  byproducts: optional(anyRecord),
  environment: optional(anyRecord),
})

/** in-toto link. */
export type LinkPredicate = z.infer<typeof schema>

/** in-toto link 0.3 and the older one that cosign writes (spec/predicates/link.md); read only. */
export const link = definePredicate<LinkPredicate>({
  name: 'link',
  type: predicateTypes.link,
  alsoReads: ['https://in-toto.io/attestation/link/v0.3'],
  schema,
})
