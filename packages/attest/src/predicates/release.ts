import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { optional } from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const schema = z.looseObject({
  purl: z.string().regex(/^pkg:[^@]+.*@./, 'not a purl with a version'),
  packageId: optional(z.string()),
})

/** in-toto release. */
export interface ReleasePredicate {
  /** The package with its version. */
  readonly purl: string
  /** Names the package in its registry for good. */
  readonly packageId?: string | undefined
}

/** in-toto release 0.1 and 0.2 (spec/predicates/release.md); read only. */
export const release = definePredicate<ReleasePredicate>({
  name: 'release',
  type: predicateTypes.release,
  alsoReads: ['https://in-toto.io/attestation/release/v0.2'],
  schema,
})
