import * as z from 'zod'

const text = z.string().max(65_536)
const list = <T extends z.ZodType>(item: T) => z.array(item).max(200_000)
const ids = list(text).optional()

const product = z.looseObject({
  name: text.optional(),
  product_id: text,
  product_identification_helper: z
    .looseObject({
      purl: text.optional(),
      purls: ids,
      hashes: list(
        z.looseObject({ file_hashes: list(z.looseObject({ algorithm: text, value: text })).optional() }),
      ).optional(),
    })
    .optional(),
})

const branch = z.looseObject({
  product: product.optional(),
  get branches(): z.ZodOptional<z.ZodArray<typeof branch>> {
    return z.array(branch).max(200_000).optional()
  },
})

/** What VEX needs of CSAF 2.0 and 2.1 (OASIS, profile 5: VEX). */
export const csafSchema = z.looseObject({
  document: z.looseObject({
    category: text,
    csaf_version: z.enum(['2.0', '2.1']),
    publisher: z.looseObject({ name: text }).optional(),
    tracking: z.looseObject({ id: text.optional(), current_release_date: text.optional() }).optional(),
  }),
  product_tree: z
    .looseObject({
      branches: list(branch).optional(),
      full_product_names: list(product).optional(),
      product_groups: list(z.looseObject({ group_id: text, product_ids: list(text) })).optional(),
      relationships: list(
        z.looseObject({
          category: text,
          full_product_name: product,
          product_reference: text,
          relates_to_product_reference: text,
        }),
      ).optional(),
    })
    .optional(),
  vulnerabilities: list(
    z.looseObject({
      cve: text.optional(),
      ids: list(z.looseObject({ text })).optional(),
      product_status: z
        .looseObject({
          fixed: ids,
          first_fixed: ids,
          known_affected: ids,
          first_affected: ids,
          last_affected: ids,
          known_not_affected: ids,
          under_investigation: ids,
        })
        .optional(),
      flags: list(z.looseObject({ label: text, product_ids: ids, group_ids: ids })).optional(),
      threats: list(
        z.looseObject({ category: text, details: text, product_ids: ids, group_ids: ids }),
      ).optional(),
    }),
  ).optional(),
})
export type Csaf = z.infer<typeof csafSchema>
export type CsafBranch = z.infer<typeof branch>
export type CsafProduct = z.infer<typeof product>
