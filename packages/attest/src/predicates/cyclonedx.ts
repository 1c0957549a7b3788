import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { optional, text, timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { unwrapData } from './unwrap-data.ts'

const component = z.looseObject({
  type: text,
  name: z.string(),
  version: optional(z.string()),
  'bom-ref': optional(z.string()),
  purl: optional(z.string()),
  hashes: optional(
    z.array(
      z.looseObject({ alg: text, content: z.string().regex(/^[0-9a-f]{32,128}$/i, 'not a hash in hex') }),
    ),
  ),
  properties: optional(z.array(z.looseObject({ name: optional(z.string()), value: optional(z.string()) }))),
  get components() {
    return z.array(component).nullish()
  },
})

const schema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string().regex(/^1\.\d{1,2}$/, 'not a version 1.x of CycloneDX'),
  serialNumber: optional(
    z.string().regex(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'not a UUID URN (RFC 4122)'),
  ),
  version: optional(z.int().positive()),
  metadata: optional(z.looseObject({ timestamp: optional(timestamp), component: optional(component) })),
  components: optional(z.array(component)),
})

/** A CycloneDX component, as far as it is looked at. */
export type CycloneDxComponent = z.infer<typeof component>

/** A CycloneDX 1.x document in JSON, as far as it is looked at; all else is kept. */
export type CycloneDxPredicate = z.infer<typeof schema>

/** CycloneDX (spec/predicates/cyclonedx.md). Looks at what identifies image and packages; no validator of CycloneDX. */
export const cyclonedx = defineWritablePredicate<CycloneDxPredicate, unknown>(
  {
    name: 'CycloneDX document',
    type: predicateTypes.cyclonedx,
    alsoReads: [`${predicateTypes.cyclonedx}/v*`],
    schema,
    normalize: (predicate) => unwrapData(predicate, 'bomFormat'),
  },
  (document) => document,
)
