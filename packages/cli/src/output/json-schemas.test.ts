import { describe, expect, it } from 'vitest'
import { commands } from '../command-table.ts'
import { configJsonSchema, outputJsonSchemas } from './json-schemas.ts'

const text = (schema: unknown) => `${JSON.stringify(schema, undefined, 2)}\n`

// `vitest run -u` writes them anew.
describe('schemas', () => {
  it('of the documents are those that are published', async () => {
    const schemas = await outputJsonSchemas()
    expect([...schemas.keys()]).toEqual(commands.map(({ name }) => name))
    for (const [name, schema] of schemas)
      await expect(text(schema)).toMatchFileSnapshot(`../../schemas/${name.replace(' ', '-')}.json`)
  })

  it('of the configuration is the one that is published', async () => {
    await expect(text(configJsonSchema())).toMatchFileSnapshot('../../schemas/sallyport.json')
  })
})
