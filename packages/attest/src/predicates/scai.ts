import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { anyRecord, optional, resourceDescriptor, type ResourceDescriptor, text } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { type Resource, toResourceDescriptor } from './write-fields.ts'

const schema = z.looseObject({
  attributes: z
    .array(
      z.looseObject({
        attribute: text,
        target: optional(resourceDescriptor),
        conditions: optional(anyRecord),
        evidence: optional(resourceDescriptor),
      }),
    )
    .min(1, 'must not be empty'),
  producer: optional(resourceDescriptor),
})

/** in-toto SCAI attribute report 0.3. */
export interface ScaiPredicate {
  /** What holds, for what, when, and how that is known. */
  readonly attributes: readonly {
    readonly attribute: string
    readonly target?: ResourceDescriptor | undefined
    readonly conditions?: Readonly<Record<string, unknown>> | undefined
    readonly evidence?: ResourceDescriptor | undefined
  }[]
  /** What made the subject. */
  readonly producer?: ResourceDescriptor | undefined
}

/** What an attribute report says. */
export interface ScaiParts {
  /** At least one. */
  readonly attributes: readonly {
    readonly attribute: string
    readonly target?: Resource | undefined
    readonly conditions?: Readonly<Record<string, unknown>> | undefined
    readonly evidence?: Resource | undefined
  }[]
  /** What made the subject. */
  readonly producer?: Resource | undefined
}

/** in-toto SCAI attribute report 0.3 (spec/predicates/scai.md). */
export const scai = defineWritablePredicate<ScaiPredicate, ScaiParts>(
  { name: 'SCAI attribute report 0.3', type: predicateTypes.scai, schema },
  ({ attributes, producer }) => ({
    attributes: attributes.map(({ attribute, target, conditions, evidence }) => ({
      attribute,
      target: target && toResourceDescriptor(target),
      conditions,
      evidence: evidence && toResourceDescriptor(evidence),
    })),
    producer: producer && toResourceDescriptor(producer),
  }),
)
