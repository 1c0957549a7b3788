import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { resourceDescriptor, type ResourceDescriptor, text, timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { type Resource, toResourceDescriptor, toTimestamp } from './write-fields.ts'

const schema = z.looseObject({
  verifier: z.looseObject({ id: text, policies: z.array(resourceDescriptor) }),
  timeCreated: timestamp,
  properties: z.array(z.string()),
})

/** in-toto simple verification result 0.2. */
export interface SvrPredicate {
  /** Who verified, and by which policies. */
  readonly verifier: { readonly id: string; readonly policies: readonly ResourceDescriptor[] }
  /** When it was verified (RFC 3339). */
  readonly timeCreated: string
  /** What holds. */
  readonly properties: readonly string[]
}

/** What a simple verification result says. */
export interface SvrParts {
  /** Who verified, and by which policies. */
  readonly verifier: {
    readonly id: string
    /** May be empty. */
    readonly policies: readonly Resource[]
  }
  /** When it was verified. */
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
