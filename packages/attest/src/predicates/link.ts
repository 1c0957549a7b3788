import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import {
  anyRecord,
  digestSet,
  optional,
  resourceDescriptor,
  type ResourceDescriptor,
  text,
} from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const artifacts = z.record(z.string(), digestSet)
const schema = z.looseObject({
  name: text,
  command: optional(z.array(z.string())),
  materials: optional(z.union([artifacts, z.array(resourceDescriptor)])),
  products: optional(artifacts),
  byproducts: optional(anyRecord),
  environment: optional(anyRecord),
})

/** in-toto link. */
export interface LinkPredicate {
  /** Name of the step. */
  readonly name: string
  /** What was run, with its arguments. */
  readonly command?: readonly string[] | undefined
  /** By name in the older form, which cosign writes. */
  readonly materials?:
    | Readonly<Record<string, Readonly<Record<string, string>>>>
    | readonly ResourceDescriptor[]
    | undefined
  /** Digests of what came out, by name. */
  readonly products?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined
  /** What else came out, such as the return value. */
  readonly byproducts?: Readonly<Record<string, unknown>> | undefined
  /** Where it was run. */
  readonly environment?: Readonly<Record<string, unknown>> | undefined
}

/** in-toto link 0.3 and the older one that cosign writes (spec/predicates/link.md); read only. */
export const link = definePredicate<LinkPredicate>({
  name: 'link',
  type: predicateTypes.link,
  alsoReads: ['https://in-toto.io/attestation/link/v0.3'],
  schema,
})
