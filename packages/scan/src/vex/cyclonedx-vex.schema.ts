import * as z from 'zod'

const text = z.string().max(65_536)
const list = <T extends z.ZodType>(item: T) => z.array(item).max(500_000)

const component = z.looseObject({
  'bom-ref': text.optional(),
  purl: text.optional(),
  name: text.optional(),
  hashes: list(z.looseObject({ alg: text, content: text })).optional(),
  get components(): z.ZodOptional<z.ZodArray<typeof component>> {
    return z.array(component).max(500_000).optional()
  },
})

/** What VEX needs of CycloneDX 1.4 to 1.7 (`vulnerabilities`). */
export const cycloneDxVexSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  serialNumber: text.optional(),
  metadata: z
    .looseObject({
      timestamp: text.optional(),
      component: component.optional(),
      authors: list(z.looseObject({ name: text.optional() })).optional(),
      supplier: z.looseObject({ name: text.optional() }).optional(),
    })
    .optional(),
  components: list(component).optional(),
  vulnerabilities: list(
    z.looseObject({
      id: text.optional(),
      references: list(z.looseObject({ id: text.optional() })).optional(),
      updated: text.optional(),
      analysis: z
        .looseObject({
          state: text.optional(),
          justification: text.optional(),
          detail: text.optional(),
          lastUpdated: text.optional(),
        })
        .optional(),
      affects: list(
        z.looseObject({
          ref: text,
          versions: list(z.looseObject({ version: text.optional(), status: text.optional() })).optional(),
        }),
      ).optional(),
    }),
  ).optional(),
})
export type CycloneDxVex = z.infer<typeof cycloneDxVexSchema>
export type CycloneDxComponent = z.infer<typeof component>
