import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { anyRecord, digestSet, optional, text, timestamp } from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const schema = z.looseObject({
  // Tells version 1; with both, readers could differ in what they believe.
  buildDefinition: z.never().optional(),
  builder: z.looseObject({ id: text }),
  buildType: text,
  invocation: optional(
    z.looseObject({
      configSource: optional(
        z.looseObject({
          uri: optional(z.string()),
          digest: optional(digestSet),
          entryPoint: optional(z.string()),
        }),
      ),
      parameters: optional(z.unknown()),
      environment: optional(anyRecord),
    }),
  ),
  buildConfig: optional(z.unknown()),
  metadata: optional(
    z.looseObject({
      buildInvocationId: optional(z.string()),
      buildStartedOn: optional(timestamp),
      buildFinishedOn: optional(timestamp),
      reproducible: optional(z.boolean()),
    }),
  ),
  materials: optional(z.array(z.looseObject({ uri: optional(z.string()), digest: optional(digestSet) }))),
})

/** SLSA provenance v0.2. */
export interface ProvenanceV02Predicate {
  /** What built it. */
  readonly builder: { readonly id: string }
  /** URI that defines the meaning of the rest. */
  readonly buildType: string
  /** What started the build. */
  readonly invocation?:
    | {
        readonly configSource?:
          | {
              readonly uri?: string | undefined
              readonly digest?: Readonly<Record<string, string>> | undefined
              readonly entryPoint?: string | undefined
            }
          | undefined
        readonly parameters?: unknown
        readonly environment?: Readonly<Record<string, unknown>> | undefined
      }
    | undefined
  /** The steps, in a form of the build type. */
  readonly buildConfig?: unknown
  /** When it was built, and how reproducible it is. */
  readonly metadata?:
    | {
        readonly buildInvocationId?: string | undefined
        readonly buildStartedOn?: string | undefined
        readonly buildFinishedOn?: string | undefined
        readonly reproducible?: boolean | undefined
      }
    | undefined
  /** What it was made of. */
  readonly materials?:
    | readonly {
        readonly uri?: string | undefined
        readonly digest?: Readonly<Record<string, string>> | undefined
      }[]
    | undefined
}

/** SLSA provenance v0.2 (slsa.dev/provenance/v0.2), which older generators still write; read only. */
export const provenanceV02 = definePredicate<ProvenanceV02Predicate>({
  name: 'SLSA provenance v0.2',
  type: predicateTypes.provenanceV02,
  schema,
})
