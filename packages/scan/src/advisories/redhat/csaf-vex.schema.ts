import { z } from 'zod'

const text = z.string().max(8192)
const ids = z.array(text).max(500_000).optional()

const product = z.object({
  name: text,
  product_id: text,
  product_identification_helper: z.object({ cpe: text.optional(), purl: text.optional() }).optional(),
})

/** A product, which may hold others. */
export interface CsafBranch {
  readonly category: string
  readonly product?: z.infer<typeof product> | undefined
  readonly branches?: readonly CsafBranch[] | undefined
}

const branch: z.ZodType<CsafBranch> = z.lazy(() =>
  z.object({
    category: text,
    product: product.optional(),
    branches: z.array(branch).max(100_000).optional(),
  }),
)

/** A CSAF 2.0 document of the profile VEX, as far as Red Hat's are read. */
export const csafVexSchema = z.object({
  document: z.object({
    category: z.literal('csaf_vex'),
    aggregate_severity: z.object({ text }).optional(),
    tracking: z.object({ id: text, current_release_date: z.iso.datetime({ offset: true }) }),
  }),
  product_tree: z.object({
    branches: z.array(branch).max(100_000),
    relationships: z
      .array(
        z.object({
          full_product_name: z.object({ product_id: text }),
          product_reference: text,
          relates_to_product_reference: text,
        }),
      )
      .max(500_000)
      .optional(),
  }),
  vulnerabilities: z
    .array(
      z.object({
        cve: z.string().regex(/^CVE-\d{4}-\d{4,}$/),
        title: text.optional(),
        release_date: z.iso.datetime({ offset: true }).optional(),
        product_status: z.object({
          fixed: ids,
          known_affected: ids,
          known_not_affected: ids,
          under_investigation: ids,
        }),
        remediations: z
          .array(z.object({ category: text, details: z.string().max(65_536).optional(), product_ids: ids }))
          .max(10_000)
          .optional(),
        scores: z
          .array(z.object({ cvss_v3: z.object({ vectorString: text }).optional() }))
          .max(1000)
          .optional(),
      }),
    )
    .min(1)
    .max(100),
})

/** A parsed CSAF VEX document. */
export type CsafVex = z.infer<typeof csafVexSchema>
