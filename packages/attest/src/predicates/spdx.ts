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
export type Spdx2Predicate = z.infer<typeof version2>

/** An SPDX 3 document in JSON-LD, as far as it is looked at; all else is kept. */
export type Spdx3Predicate = z.infer<typeof version3>

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
