import * as z from 'zod'

/** A reference to an element: its URI, or the element itself in place. */
const reference = z.union([
  z.string().min(1),
  z.object({ spdxId: z.string().min(1) }).transform(({ spdxId }) => spdxId),
  z.object({ '@id': z.string().min(1) }).transform((one) => one['@id']),
])
const references = z.union([z.array(reference), reference.transform((one) => [one])])

/** An element of the graph (SPDX 3.0.1, JSON-LD), as far as it is read. */
export const spdx3ElementSchema = z.object({
  type: z.string(),
  spdxId: z.string().min(1).optional(),
  '@id': z.string().min(1).optional(),
  name: z.string().optional(),
  specVersion: z.string().optional(),
  created: z.string().optional(),
  createdUsing: references.optional(),
  rootElement: references.optional(),
  software_packageVersion: z.string().optional(),
  software_packageUrl: z.string().optional(),
  software_primaryPurpose: z.string().optional(),
  software_sourceInfo: z.string().optional(),
  externalIdentifier: z
    .array(z.object({ externalIdentifierType: z.string(), identifier: z.string() }))
    .optional(),
  verifiedUsing: z
    .array(z.object({ algorithm: z.string().optional(), hashValue: z.string().optional() }))
    .optional(),
  from: reference.optional(),
  to: references.optional(),
  relationshipType: z.string().optional(),
  simplelicensing_licenseExpression: z.string().optional(),
  subject: reference.optional(),
  statement: z.string().optional(),
})

/** A document (SPDX 3.0, JSON-LD), as far as it is read. */
export const spdx3Schema = z.object({
  '@context': z.union([z.string(), z.array(z.unknown())]),
  '@graph': z.array(spdx3ElementSchema),
})
