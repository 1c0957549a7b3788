import { decisionJsonSchema } from '@sallyport/policy/report'
import { z } from 'zod'
import { commands } from '../command-table.ts'
import { configKeys } from '../settings/read-config.ts'
import { optionTable } from '../settings/option-table.ts'
import { envelopeSchema } from './schemas.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** The JSON Schema of what `--json` prints, for each command by its name. */
export async function outputJsonSchemas(): Promise<ReadonlyMap<string, JsonSchema>> {
  const schemas = await Promise.all(
    commands.map(async ({ name, load }) => {
      const { schema } = await load()
      let definitions: unknown
      const json = z.toJSONSchema(envelopeSchema(name, schema), {
        unrepresentable: 'any',
        override({ zodSchema, jsonSchema }) {
          if (z.globalRegistry.get(zodSchema)?.['embeds'] !== 'decision') return
          for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
          const { $schema: _, $defs, ...decision } = decisionJsonSchema()
          definitions = $defs
          Object.assign(jsonSchema, decision)
        },
      })
      // Where the references of the decision's schema look for them.
      return [
        name,
        { ...json, ...(definitions !== undefined && { $defs: definitions }) } as JsonSchema,
      ] as const
    }),
  )
  return new Map(schemas)
}

/** The JSON Schema of the configuration file, for editors. */
export function configJsonSchema(): JsonSchema {
  const properties = [...configKeys].map(([key, name]) => {
    const { kind, isList, about, choices } = optionTable[name]
    const text = { type: 'string', ...(choices && { enum: choices }) }
    const one =
      kind === 'flag' ? { type: 'boolean' } : kind === 'number' ? { type: 'number', minimum: 0 } : text
    return [key, isList ? { type: 'array', items: one, description: about } : { ...one, description: about }]
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'sallyport.yaml',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties) as object,
  }
}
