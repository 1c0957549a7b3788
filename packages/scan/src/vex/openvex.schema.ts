import * as z from 'zod'

const text = z.string().max(65_536)
const list = <T extends z.ZodType>(item: T) => z.array(item).max(100_000)
const hashes = z.record(z.string().max(64), z.string().max(256)).optional()
const identifiers = z.looseObject({ purl: text.optional() }).optional()
const component = z.looseObject({ '@id': text.optional(), identifiers, hashes })
/** Before version 0.2.0 a product was its id alone. */
const product = z.union([
  text,
  component.extend({ subcomponents: list(z.union([text, component])).optional() }),
])

/** OpenVEX 0.0.1 to 0.2.0 (openvex/spec, "The VEX Document"). */
export const openVexSchema = z.looseObject({
  '@context': text.optional(),
  '@id': text.optional(),
  author: text.optional(),
  timestamp: text.optional(),
  last_updated: text.optional(),
  statements: list(
    z.looseObject({
      vulnerability: z.union([
        text,
        z.looseObject({ '@id': text.optional(), name: text.optional(), aliases: list(text).optional() }),
      ]),
      products: list(product).optional(),
      subcomponents: list(z.union([text, component])).optional(),
      status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
      justification: text.optional(),
      impact_statement: text.optional(),
      action_statement: text.optional(),
      timestamp: text.optional(),
      last_updated: text.optional(),
    }),
  ),
})
export type OpenVex = z.infer<typeof openVexSchema>
