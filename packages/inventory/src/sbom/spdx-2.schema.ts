import * as z from 'zod'

const id = z.string().min(1)

/** A package (SPDX 2.2 and 2.3, clause 7), as far as it is read. */
export const spdx2PackageSchema = z.object({
  SPDXID: id,
  name: z.string(),
  versionInfo: z.string().optional(),
  primaryPackagePurpose: z.string().optional(),
  licenseDeclared: z.string().optional(),
  licenseConcluded: z.string().optional(),
  sourceInfo: z.string().optional(),
  comment: z.string().optional(),
  checksums: z.array(z.object({ algorithm: z.string(), checksumValue: z.string() })).optional(),
  externalRefs: z.array(z.object({ referenceType: z.string(), referenceLocator: z.string() })).optional(),
  annotations: z.array(z.object({ comment: z.string() })).optional(),
})

/** A document (SPDX 2.2 and 2.3), as far as it is read. */
export const spdx2Schema = z.object({
  spdxVersion: z.string(),
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  name: z.string(),
  creationInfo: z.object({ created: z.string(), creators: z.array(z.string()).min(1) }),
  annotations: z.array(z.object({ comment: z.string() })).optional(),
  documentDescribes: z.array(id).optional(),
  packages: z.array(spdx2PackageSchema).optional(),
  files: z.array(z.object({ SPDXID: id })).optional(),
  snippets: z.array(z.object({ SPDXID: id })).optional(),
  relationships: z
    .array(z.object({ spdxElementId: id, relatedSpdxElement: id, relationshipType: z.string() }))
    .optional(),
})
