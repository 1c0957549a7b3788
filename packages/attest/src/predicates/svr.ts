import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { resourceDescriptor, text, timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { type Resource, toResourceDescriptor, toTimestamp } from './write-fields.ts'

const schema = z.looseObject({
  verifier: z.looseObject({ id: text, policies: z.array(resourceDescriptor) }),
  timeCreated: timestamp,
  properties: z.array(z.string()),
})

/** in-toto simple verification result 0.2. */
export type SvrPredicate = z.infer<typeof schema>

/** What a simple verification result says. */
export interface SvrParts {
  readonly verifier: {
    readonly id: string
    /** May be empty. */
    readonly policies: readonly Resource[]
  }
  readonly timeCreated: Date
  /** What holds; there is no way to say that something failed. */
  readonly properties: readonly string[]
}

/** in-toto simple verification result 0.2 (spec/predicates/svr.md). */
export const svr = defineWritablePredicate<SvrPredicate, SvrParts>(
  { name: 'simple verification result 0.2', type: predicateTypes.svr, schema },
  ({ verifier, timeCreated, properties }) => ({
    verifier: { id: verifier.id, policies: verifier.policies.map(toResourceDescriptor) },
    timeCreated: toTimestamp(timeCreated),
    properties,
  }),
)
