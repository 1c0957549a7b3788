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
  get components(): z.ZodType<readonly CycloneDxComponent[] | undefined> {
    return optional(z.array(component))
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
export interface CycloneDxComponent {
  /** What it is: `library`, `container`, `operating-system`. */
  readonly type: string
  /** Its name, without group and version. */
  readonly name: string
  /** Its version; of an image, tools put the digest here. */
  readonly version?: string | undefined
  /** Names it within the document. */
  readonly 'bom-ref'?: string | undefined
  /** Its package URL. */
  readonly purl?: string | undefined
  /** Hashes of what it consists of, in hex. */
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[] | undefined
  /** What tools note about it. */
  readonly properties?:
    | readonly { readonly name?: string | undefined; readonly value?: string | undefined }[]
    | undefined
  /** What it is made of. */
  readonly components?: readonly CycloneDxComponent[] | undefined
}

/** A CycloneDX 1.x document in JSON, as far as it is looked at; all else is kept. */
export interface CycloneDxPredicate {
  /** Tells the format. */
  readonly bomFormat: 'CycloneDX'
  /** Version of CycloneDX, such as `1.6`. */
  readonly specVersion: string
  /** URN of the document. */
  readonly serialNumber?: string | undefined
  /** Counts up with each change of the document. */
  readonly version?: number | undefined
  /** When it was made, and of what. */
  readonly metadata?:
    | { readonly timestamp?: string | undefined; readonly component?: CycloneDxComponent | undefined }
    | undefined
  /** The packages. */
  readonly components?: readonly CycloneDxComponent[] | undefined
}

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
