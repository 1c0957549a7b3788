import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { anyRecord, optional, resourceDescriptor, text, timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { type Resource, toResourceDescriptor, toTimestamp } from './write-fields.ts'

const schema = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: text,
    externalParameters: anyRecord,
    internalParameters: optional(anyRecord),
    resolvedDependencies: optional(z.array(resourceDescriptor)),
  }),
  runDetails: z.looseObject({
    builder: z.looseObject({
      id: text,
      version: optional(z.record(z.string(), z.string())),
      builderDependencies: optional(z.array(resourceDescriptor)),
    }),
    metadata: optional(
      z.looseObject({
        invocationId: optional(z.string()),
        startedOn: optional(timestamp),
        finishedOn: optional(timestamp),
      }),
    ),
    byproducts: optional(z.array(resourceDescriptor)),
  }),
})

/** SLSA provenance v1. */
export type ProvenancePredicate = z.infer<typeof schema>

/** What a provenance says. */
export interface ProvenanceParts {
  /** URI that defines the parameters' meaning. */
  readonly buildType: string
  /** Everything that whoever started the build could choose; a verifier compares all of it. */
  readonly externalParameters: Readonly<Record<string, unknown>>
  readonly internalParameters?: Readonly<Record<string, unknown>> | undefined
  readonly resolvedDependencies?: readonly Resource[] | undefined
  readonly builder: {
    readonly id: string
    /** Component to version. */
    readonly version?: Readonly<Record<string, string>> | undefined
    readonly dependencies?: readonly Resource[] | undefined
  }
  readonly invocationId?: string | undefined
  readonly startedOn?: Date | undefined
  readonly finishedOn?: Date | undefined
  readonly byproducts?: readonly Resource[] | undefined
}

/** SLSA provenance v1 (slsa.dev/spec/v1.1/provenance). */
export const provenance = defineWritablePredicate<ProvenancePredicate, ProvenanceParts>(
  { name: 'SLSA provenance v1', type: predicateTypes.provenance, schema },
  ({ builder, invocationId, startedOn, finishedOn, byproducts, ...definition }) => ({
    buildDefinition: {
      buildType: definition.buildType,
      externalParameters: definition.externalParameters,
      internalParameters: definition.internalParameters,
      resolvedDependencies: definition.resolvedDependencies?.map(toResourceDescriptor),
    },
    runDetails: {
      builder: {
        id: builder.id,
        version: builder.version,
        builderDependencies: builder.dependencies?.map(toResourceDescriptor),
      },
      metadata: {
        invocationId,
        startedOn: startedOn && toTimestamp(startedOn),
        finishedOn: finishedOn && toTimestamp(finishedOn),
      },
      byproducts: byproducts?.map(toResourceDescriptor),
    },
  }),
)
