import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { isRecord, optional, text } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { unwrapData } from './unwrap-data.ts'

// Tells CycloneDX; with both, readers could differ in what they believe.
const bomFormat = z.never().optional()

const version2 = z.looseObject({
  bomFormat,
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  spdxVersion: z.string().regex(/^SPDX-2\.\d$/, 'not a version 2.x of SPDX'),
  documentDescribes: optional(z.array(z.string())),
  packages: optional(
    z.array(
      z.looseObject({
        SPDXID: text,
        name: z.string(),
        versionInfo: optional(z.string()),
        checksums: optional(z.array(z.looseObject({ algorithm: z.string(), checksumValue: z.string() }))),
        externalRefs: optional(
          z.array(z.looseObject({ referenceType: z.string(), referenceLocator: z.string() })),
        ),
      }),
    ),
  ),
  relationships: optional(
    z.array(
      z.looseObject({
        spdxElementId: z.string(),
        relationshipType: z.string(),
        relatedSpdxElement: z.string(),
      }),
    ),
  ),
})

const version3 = z.looseObject({
  bomFormat,
  '@context': z.union([z.string(), z.array(z.unknown())]),
  '@graph': z.array(
    z.looseObject({
      type: text,
      spdxId: optional(z.string()),
      name: optional(z.string()),
      rootElement: optional(z.array(z.string())),
      software_packageVersion: optional(z.string()),
      software_packageUrl: optional(z.string()),
      verifiedUsing: optional(
        z.array(
          z.looseObject({ type: text, algorithm: optional(z.string()), hashValue: optional(z.string()) }),
        ),
      ),
      externalIdentifier: optional(
        z.array(z.looseObject({ externalIdentifierType: z.string(), identifier: z.string() })),
      ),
    }),
  ),
})

/** An SPDX 2.x document in JSON, as far as it is looked at; all else is kept. */
export interface Spdx2Predicate {
  /** That of every document. */
  readonly SPDXID: 'SPDXRef-DOCUMENT'
  /** Version of SPDX, such as `SPDX-2.3`. */
  readonly spdxVersion: string
  /** Ids of what the document is about. */
  readonly documentDescribes?: readonly string[] | undefined
  /** The packages, the described one too. */
  readonly packages?: readonly Spdx2Package[] | undefined
  /** How they hang together, by id. */
  readonly relationships?:
    | readonly {
        readonly spdxElementId: string
        readonly relationshipType: string
        readonly relatedSpdxElement: string
      }[]
    | undefined
}

/** A package of SPDX 2, as far as it is looked at. */
export interface Spdx2Package {
  /** Names it within the document. */
  readonly SPDXID: string
  /** Its name, without version. */
  readonly name: string
  /** Its version; of an image, tools put the digest here. */
  readonly versionInfo?: string | undefined
  /** Checksums in hex. */
  readonly checksums?: readonly { readonly algorithm: string; readonly checksumValue: string }[] | undefined
  /** Its names elsewhere; a purl has the type `purl`. */
  readonly externalRefs?:
    | readonly { readonly referenceType: string; readonly referenceLocator: string }[]
    | undefined
}

/** An SPDX 3 document in JSON-LD, as far as it is looked at; all else is kept. */
export interface Spdx3Predicate {
  /** Names the version of SPDX. */
  readonly '@context': unknown
  /** All elements. */
  readonly '@graph': readonly Spdx3Element[]
}

/** An element of SPDX 3, as far as it is looked at. */
export interface Spdx3Element {
  /** What it is: `software_Package`, `software_Sbom`. */
  readonly type: string
  /** IRI of the element. */
  readonly spdxId?: string | undefined
  /** Its name. */
  readonly name?: string | undefined
  /** Ids of what a document or SBOM is about. */
  readonly rootElement?: readonly string[] | undefined
  /** Version of a package. */
  readonly software_packageVersion?: string | undefined
  /** purl of a package. */
  readonly software_packageUrl?: string | undefined
  /** Hashes in hex. */
  readonly verifiedUsing?:
    | readonly {
        readonly type: string
        readonly algorithm?: string | undefined
        readonly hashValue?: string | undefined
      }[]
    | undefined
  /** Its names elsewhere. */
  readonly externalIdentifier?:
    | readonly { readonly externalIdentifierType: string; readonly identifier: string }[]
    | undefined
}

/** SPDX of either version. */
export type SpdxPredicate = Spdx2Predicate | Spdx3Predicate

/**
 * SPDX 2.x and 3 in JSON (spec/predicates/spdx2.md, spdx3.md). Looks at what identifies image and packages; no validator
 * of SPDX, and the tag:value form is not read. Written with the type that cosign gives both; `spdx3` of the predicate
 * types is read too.
 */
export const spdx = defineWritablePredicate<SpdxPredicate, unknown>(
  {
    name: 'SPDX document',
    type: predicateTypes.spdx,
    alsoReads: [`${predicateTypes.spdx}/v*`],
    schema: (document): z.ZodType<SpdxPredicate> => (isSpdx3(document) ? version3 : version2),
    normalize: (predicate) => unwrapData(unwrapData(predicate, 'spdxVersion'), '@graph'),
  },
  (document) => document,
)

/** Whether a document is of version 3, which is a graph. */
export function isSpdx3(document: unknown): document is Spdx3Predicate {
  return isRecord(document) && '@graph' in document
}
