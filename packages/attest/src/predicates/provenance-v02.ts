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
export type ProvenanceV02Predicate = z.infer<typeof schema>

/** SLSA provenance v0.2 (slsa.dev/provenance/v0.2), which older generators still write; read only. */
export const provenanceV02 = definePredicate<ProvenanceV02Predicate>({
  name: 'SLSA provenance v0.2',
  type: predicateTypes.provenanceV02,
  schema,
})
