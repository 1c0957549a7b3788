import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import {
  anyRecord,
  optional,
  resourceDescriptor,
  type ResourceDescriptor,
  text,
  timestamp,
} from './fields.schema.ts'
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
export interface ProvenancePredicate {
  /** What was to be built, and from what. */
  readonly buildDefinition: {
    readonly buildType: string
    readonly externalParameters: Readonly<Record<string, unknown>>
    readonly internalParameters?: Readonly<Record<string, unknown>> | undefined
    readonly resolvedDependencies?: readonly ResourceDescriptor[] | undefined
  }
  /** What built it, and when. */
  readonly runDetails: {
    readonly builder: {
      readonly id: string
      readonly version?: Readonly<Record<string, string>> | undefined
      readonly builderDependencies?: readonly ResourceDescriptor[] | undefined
    }
    readonly metadata?:
      | {
          readonly invocationId?: string | undefined
          readonly startedOn?: string | undefined
          readonly finishedOn?: string | undefined
        }
      | undefined
    readonly byproducts?: readonly ResourceDescriptor[] | undefined
  }
}

/** What a provenance says. */
export interface ProvenanceParts {
  /** URI that defines the parameters' meaning. */
  readonly buildType: string
  /** Everything that whoever started the build could choose; a verifier compares all of it. */
  readonly externalParameters: Readonly<Record<string, unknown>>
  /** What the builder itself chose; nobody needs to compare it. */
  readonly internalParameters?: Readonly<Record<string, unknown>> | undefined
  /** What was fetched, by digest. */
  readonly resolvedDependencies?: readonly Resource[] | undefined
  /** What built it; stands for all that is trusted in the build. */
  readonly builder: {
    readonly id: string
    /** Component to version. */
    readonly version?: Readonly<Record<string, string>> | undefined
    readonly dependencies?: readonly Resource[] | undefined
  }
  /** Names the run of the builder. */
  readonly invocationId?: string | undefined
  /** When the build began. */
  readonly startedOn?: Date | undefined
  /** When the build ended. */
  readonly finishedOn?: Date | undefined
  /** What came out besides the subject, such as logs. */
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
